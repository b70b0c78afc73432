const utf8 = new TextEncoder()

/** Whether it has more bytes than `limit`. Text is only encoded where it may be: a UTF-16 code unit is at most three bytes. */
export function isLarger(data: string | Uint8Array, limit: number): boolean {
  if (typeof data !== 'string') return data.byteLength > limit
  return data.length * 3 > limit && utf8.encode(data).length > limit
}

/** Undefined for what is no base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  } catch {
    return undefined
  }
}

/** Text that nobody else has. */
export function newKey(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))))
}
