import { createHmac, timingSafeEqual } from 'node:crypto'
import { decodeBase64Url, encodeBase64Url } from './base64url.js'

/** The digests of Plug.Crypto.MessageVerifier, by the names that tokens begin with, in base64url. */
const digests: ReadonlyMap<string, string> = new Map([
  ['SFMyNTY', 'sha256'], // HS256
  ['SFMzODQ', 'sha384'], // HS384
  ['SFM1MTI', 'sha512'] // HS512
])

/** Phoenix.Token signs with this one alone. */
const signingName = 'SFMyNTY'

/** Signs a message: name of the digest, message and signature, each in base64url. */
export function signMessage(message: Buffer, key: Buffer): string {
  const signed = `${signingName}.${encodeBase64Url(message)}`
  return `${signed}.${encodeBase64Url(mac('sha256', key, signed))}`
}

/** The message of a token that was signed with the key; undefined for any other text. */
export function verifyMessage(token: string, key: Buffer): Buffer | undefined {
  const [name = '', message = '', signature = '', ...rest] = token.split('.', 4)
  const digest = digests.get(name)
  const given = decodeBase64Url(signature)
  if (digest === undefined || given === undefined || rest.length > 0) return undefined
  const expected = mac(digest, key, `${name}.${message}`)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return decodeBase64Url(message)
}

function mac(digest: string, key: Buffer, text: string): Buffer {
  return createHmac(digest, key).update(text).digest()
}
