/** Bytes that this is on the wire: a text in UTF-8. */
export function sizeOf(data: string | { readonly byteLength: number }): number {
  return typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength
}
