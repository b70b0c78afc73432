/**
 * The bytes of unpadded base64url; undefined for anything else. Only the one spelling that an
 * encoder makes is taken, so that a token with any character changed is another token.
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

export function encodeBase64Url(bytes: Buffer): string {
  return bytes.toString('base64url')
}
