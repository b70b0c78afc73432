import { createPublicKey, createSecretKey, KeyObject } from 'node:crypto'
import type { JWK, JWTVerifyGetKey } from 'jose'
import { AuthOptionInvalid } from '../errors.js'
import { oneLine } from '../log/one-line.js'
import type { Clock } from '../time/clock.js'
import { createJwks } from './jwks.js'
import {
  algorithmsOfKey,
  algorithmsOfKeySet,
  algorithmsOfSecret,
  type JwtAlgorithm
} from './jwt-algorithms.js'
import { demand } from './option-checks.js'

/** Where the key comes from: one of the three. */
export interface JwtKeyOptions {
  /**
   * A secret that is shared with the issuer: of 32 bytes at least for HS256, 48 for HS384 and 64 for
   * HS512 (RFC 7518). A shorter one is guessed from a single token.
   */
  secret?: string | Uint8Array
  /** The issuer's public key: PEM text, a JSON Web Key, or a KeyObject. */
  publicKey?: string | JWK | KeyObject
  /** Where the issuer publishes its public keys as a JSON Web Key Set: `https:`, or `http:` on a loopback host. */
  jwksUri?: string | URL
}

export interface JwtKey {
  readonly getKey: JWTVerifyGetKey
  /** What tokens may be signed with under such a key. */
  readonly algorithms: readonly JwtAlgorithm[]
  /** Bytes of a shared secret. */
  readonly secretBytes?: number
}

/** Bits of the shortest RSA key that is safe to trust (RFC 7518, section 3.3). */
const minRsaBits = 2048

/** Finds the key among the options. Throws `PHX_ERR_AUTH_OPTION`. */
export function readKey({ secret, publicKey, jwksUri }: JwtKeyOptions, clock: Clock): JwtKey {
  const given = [secret, publicKey, jwksUri].filter((source) => source !== undefined)
  demand('secret, publicKey, jwksUri', given.length === 1, 'exactly one of them must be given')
  if (secret !== undefined) return readSecret(secret)
  if (jwksUri !== undefined)
    return { getKey: createJwks(readUri(jwksUri), clock), algorithms: algorithmsOfKeySet }
  const key = readPublicKey(publicKey)
  return { getKey: () => key, algorithms: algorithmsOfKey(key) }
}

function readSecret(secret: string | Uint8Array): JwtKey {
  const isSecret = typeof secret === 'string' || secret instanceof Uint8Array
  demand('secret', isSecret && secret.length > 0, 'must be a string or bytes, not empty')
  const bytes = Buffer.from(secret as string)
  // With a public key as the secret, everybody could sign.
  demand('secret', !bytes.includes('-----BEGIN '), 'is a PEM key: give a public key as publicKey')
  const key = createSecretKey(bytes)
  return { getKey: () => key, algorithms: algorithmsOfSecret, secretBytes: bytes.length }
}

function readPublicKey(publicKey: JwtKeyOptions['publicKey']): KeyObject {
  const isPrivate =
    publicKey instanceof KeyObject
      ? publicKey.type === 'private'
      : typeof publicKey === 'string'
        ? publicKey.includes('PRIVATE KEY-----')
        : Object(publicKey).d !== undefined
  demand('publicKey', !isPrivate, 'is a private key, which belongs to the issuer alone')
  const key = publicKey instanceof KeyObject ? publicKey : parsePublicKey(publicKey as string | JWK)
  demand('publicKey', algorithmsOfKey(key).length > 0, 'is of a kind that no algorithm is for')
  const bits = key.asymmetricKeyDetails?.modulusLength ?? minRsaBits
  demand('publicKey', bits >= minRsaBits, `an RSA key must have at least ${minRsaBits} bits`)
  return key
}

function parsePublicKey(publicKey: string | JWK): KeyObject {
  try {
    return typeof publicKey === 'string'
      ? createPublicKey(publicKey)
      : createPublicKey({ key: publicKey, format: 'jwk' })
  } catch (err) {
    throw new AuthOptionInvalid('publicKey', oneLine(err))
  }
}

/** Keys that are fetched over plain HTTP could be anybody's. */
function readUri(jwksUri: string | URL): URL {
  const uri = URL.canParse(String(jwksUri)) ? new URL(jwksUri) : undefined
  const isSafe = uri?.protocol === 'https:' || (uri?.protocol === 'http:' && isLoopback(uri.hostname))
  demand('jwksUri', isSafe, 'must be a https: address')
  return uri as URL
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host)
}
