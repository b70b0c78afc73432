import type { KeyObject } from 'node:crypto'

/** Algorithms of a shared secret. */
const secretAlgorithms = ['HS256', 'HS384', 'HS512'] as const

const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const
const edwardsAlgorithms = ['EdDSA', 'Ed25519'] as const

/** Each curve has one algorithm; by the names that OpenSSL has for the curves. */
const curveAlgorithms = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' } as const

/** Algorithms of a key pair. */
const publicKeyAlgorithms = [
  ...rsaAlgorithms,
  ...Object.values(curveAlgorithms),
  ...edwardsAlgorithms
] as const

/** The algorithms that JSON Web Tokens may be signed with; `none` is not among them. */
export type JwtAlgorithm = (typeof secretAlgorithms)[number] | (typeof publicKeyAlgorithms)[number]

/** Bytes of the shortest secret of each algorithm: those of its hash (RFC 7518, section 3.2). */
export const minSecretBytes: Partial<Record<JwtAlgorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 }

/** What a shared secret can verify. */
export const algorithmsOfSecret: readonly JwtAlgorithm[] = secretAlgorithms

/** What keys that are published as a set can verify. */
export const algorithmsOfKeySet: readonly JwtAlgorithm[] = publicKeyAlgorithms

/** What one public key can verify; nothing for a kind of key that no algorithm is for. */
export function algorithmsOfKey({
  asymmetricKeyType,
  asymmetricKeyDetails
}: KeyObject): readonly JwtAlgorithm[] {
  if (asymmetricKeyType === 'rsa') return rsaAlgorithms
  if (asymmetricKeyType === 'ed25519') return edwardsAlgorithms
  const curve = asymmetricKeyDetails?.namedCurve ?? ''
  return Object.hasOwn(curveAlgorithms, curve) ? [curveAlgorithms[curve as keyof typeof curveAlgorithms]] : []
}
