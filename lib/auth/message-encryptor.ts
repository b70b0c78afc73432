import { createDecipheriv, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { lazy } from '../util/lazy.js'
import { decodeBase64Url, encodeBase64Url } from './base64url.js'

type XChaCha = typeof import('@noble/ciphers/chacha.js').xchacha20poly1305

/** What plug_crypto 2 begins its encrypted messages with: XChaCha20-Poly1305. */
const xchachaPrefix = 'XCP.'
const xchachaKeyBytes = 32
const xchachaNonceBytes = 24

/** As of both ciphers. */
const tagBytes = 16

/** The name of the scheme before it; plug_crypto 2 still authenticates it with every message. */
const legacyName = Buffer.from('A128GCM')

/** Bytes of the keys that messages of plug_crypto 1 may be encrypted with. */
const legacyKeyBytes: readonly number[] = [16, 24, 32]
const legacyNonceBytes = 12

/** Encrypts a message as Plug.Crypto.MessageEncryptor does, with a key of 32 bytes. */
export function encryptMessage(message: Buffer, key: Buffer): string {
  const nonce = randomBytes(xchachaNonceBytes)
  const sealed = xchacha()(key, nonce, legacyName).encrypt(message)
  const ciphertext = sealed.subarray(0, -tagBytes)
  const tag = sealed.subarray(-tagBytes)
  return xchachaPrefix + encodeBase64Url(Buffer.concat([nonce, tag, ciphertext]))
}

/**
 * The message of a token that was encrypted with the key, by plug_crypto 2 (XChaCha20-Poly1305) or
 * by plug_crypto 1 (AES-GCM under a wrapped key); undefined for any other text.
 */
export function decryptMessage(token: string, key: Buffer): Buffer | undefined {
  return token.startsWith(xchachaPrefix)
    ? decryptXChaCha(token.slice(xchachaPrefix.length), key)
    : decryptLegacy(token, key)
}

/** Loaded for the first encrypted token: most servers have signed ones. Node has no cipher with so long a nonce. */
const xchacha = lazy(() => {
  const library = createRequire(import.meta.url)('@noble/ciphers/chacha.js') as { xchacha20poly1305: XChaCha }
  return library.xchacha20poly1305
})

function decryptXChaCha(text: string, key: Buffer): Buffer | undefined {
  const bytes = decodeBase64Url(text)
  const headBytes = xchachaNonceBytes + tagBytes
  if (bytes === undefined || bytes.length < headBytes || key.length !== xchachaKeyBytes) return undefined
  const nonce = bytes.subarray(0, xchachaNonceBytes)
  const tag = bytes.subarray(xchachaNonceBytes, headBytes)
  const cipher = xchacha()(key, nonce, legacyName)
  try {
    const { buffer, byteOffset, length } = cipher.decrypt(Buffer.concat([bytes.subarray(headBytes), tag]))
    return Buffer.from(buffer, byteOffset, length)
  } catch {
    return undefined
  }
}

/** Five parts in base64url: the scheme, the wrapped key, nonce, ciphertext and tag. */
function decryptLegacy(token: string, key: Buffer): Buffer | undefined {
  const parts = token.split('.', 6).map(decodeBase64Url)
  const [name, wrapped, nonce, ciphertext, tag] = parts
  if (parts.length !== 5 || !name?.equals(legacyName) || !legacyKeyBytes.includes(key.length))
    return undefined
  if (wrapped === undefined || nonce === undefined || ciphertext === undefined || tag === undefined)
    return undefined
  // The wrapped key is followed by its own tag and nonce. Phoenix.Token has no second salt to authenticate.
  const wrappedBytes = wrapped.length - tagBytes - legacyNonceBytes
  if (!legacyKeyBytes.includes(wrappedBytes)) return undefined
  const contentKey = openGcm(
    wrapped.subarray(0, wrappedBytes),
    key,
    wrapped.subarray(wrappedBytes + tagBytes),
    wrapped.subarray(wrappedBytes, wrappedBytes + tagBytes),
    Buffer.alloc(0)
  )
  return contentKey && openGcm(ciphertext, contentKey, nonce, tag, legacyName)
}

function openGcm(
  ciphertext: Buffer,
  key: Buffer,
  nonce: Buffer,
  tag: Buffer,
  associated: Buffer
): Buffer | undefined {
  if (nonce.length !== legacyNonceBytes || tag.length !== tagBytes) return undefined
  const algorithm = `aes-${key.length * 8}-gcm` as 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm'
  const opening = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  opening.setAAD(associated).setAuthTag(tag)
  try {
    return Buffer.concat([opening.update(ciphertext), opening.final()])
  } catch {
    return undefined
  }
}
