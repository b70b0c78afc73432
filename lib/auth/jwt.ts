import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose'
import { JwksUnavailable } from '../errors.js'
import type { TokenProblem } from '../mount/token-problem.js'
import { type Clock, systemClock } from '../time/clock.js'
import { decodeBase64Url } from './base64url.js'
import { jose, preloadJose } from './jose.js'
import { type JwtAlgorithm, minSecretBytes } from './jwt-algorithms.js'
import { type JwtKeyOptions, readKey } from './jwt-keys.js'
import { demand, demandClock, demandOptions, isText } from './option-checks.js'
import { judgedBy } from './token-judge.js'
import { maxTokenLength, toUserId, type VerifiedToken } from './verified-token.js'

/** Which JSON Web Tokens are good: `algorithms` and one of `secret`, `publicKey` and `jwksUri` are required. */
export interface JwtVerifierOptions extends JwtKeyOptions {
  /**
   * What tokens may be signed with, all of them fit for the key: HS with a secret, RS, PS, ES or EdDSA
   * with public keys. What the head of a token says is never enough.
   */
  algorithms: readonly JwtAlgorithm[]
  /** The `iss` that tokens must have, one of several where it is a list. Default any. */
  issuer?: string | readonly string[]
  /** The `aud` that tokens must have, one of several where it is a list. Default any. */
  audience?: string | readonly string[]
  /** Seconds that the clocks of issuer and server may differ, for `exp`, `nbf` and `iat`. Default 0. */
  clockTolerance?: number
  /** Seconds since `iat` after which a token ends, whatever its `exp`; `iat` is required then. Default none. */
  maxTokenAge?: number
  /** The claim that names the user, by text or a whole number. Default `sub`. */
  userIdClaim?: string
  /** Where the time comes from. Default the machine's. */
  clock?: Clock
}

/** A good JSON Web Token: its user, its end, and all that it claims. */
export interface VerifiedJwt extends VerifiedToken {
  /** The payload, verified. */
  claims: JWTPayload
}

const optionNames = new Set([
  'secret',
  'publicKey',
  'jwksUri',
  'algorithms',
  'issuer',
  'audience',
  'clockTolerance',
  'maxTokenAge',
  'userIdClaim',
  'clock'
])

/**
 * Verifies JSON Web Tokens (RFC 7519, signed ones) with jose, for `authenticate` or a `connect` of
 * one's own. `exp` and `nbf` are honoured where a token has them. Keys of a `jwksUri` are kept for 10
 * minutes, and fetched again for a key that is new, every 30 seconds at most.
 *
 * What it returns resolves to null for everything that is no good token, and rejects with
 * `PHX_ERR_AUTH_JWKS` when the keys cannot be fetched. Throws `PHX_ERR_AUTH_OPTION` when an option is
 * missing, wrong, or not safe together with another.
 */
export function createJwtVerifier(
  options: JwtVerifierOptions
): (token: unknown) => Promise<VerifiedJwt | null> {
  demandOptions(options, optionNames)
  const { clock = systemClock, clockTolerance = 0, maxTokenAge, userIdClaim = 'sub' } = options
  demandClock(clock)
  const { getKey, algorithms, secretBytes } = readKey(options, clock)
  demandAlgorithms(options.algorithms, algorithms)
  if (secretBytes !== undefined) demandLongSecret(options.algorithms, secretBytes)
  demandNames('issuer', options.issuer)
  demandNames('audience', options.audience)
  demand('clockTolerance', isSeconds(clockTolerance), 'must be a number of seconds, not negative')
  const isAge = maxTokenAge === undefined || (isSeconds(maxTokenAge) && maxTokenAge > 0)
  demand('maxTokenAge', isAge, 'must be a positive number of seconds')
  demand('userIdClaim', isText(userIdClaim), 'must be the name of a claim')
  const checks: JwtChecks['checks'] = {
    algorithms: [...options.algorithms],
    clockTolerance,
    ...(options.issuer !== undefined && { issuer: listOf(options.issuer) }),
    ...(options.audience !== undefined && { audience: listOf(options.audience) }),
    ...(maxTokenAge !== undefined && { maxTokenAge })
  }
  const judge = judgeTokens({ getKey, checks, userIdClaim, clock })
  const verify = async (token: unknown): Promise<VerifiedJwt | null> => {
    const verdict = await judge(token)
    return typeof verdict === 'string' ? null : verdict
  }
  return judgedBy(verify, judge)
}

/** What tokens are verified with, checked already. */
export interface JwtChecks {
  readonly getKey: JWTVerifyGetKey
  readonly checks: JWTVerifyOptions & { clockTolerance: number; maxTokenAge?: number }
  readonly userIdClaim: string
  readonly clock: Clock
}

/** What {@link createJwtVerifier} goes by, of options that are good. */
export function judgeTokens({
  getKey,
  checks,
  userIdClaim,
  clock
}: JwtChecks): (token: unknown) => Promise<VerifiedJwt | TokenProblem> {
  const { clockTolerance, maxTokenAge } = checks
  preloadJose()
  return async (token) => {
    if (typeof token !== 'string' || token.length > maxTokenLength || !isCanonical(token)) return 'malformed'
    const { errors, jwtVerify } = await jose()
    let claims: JWTPayload
    try {
      const currentDate = new Date(clock.date())
      claims = (await jwtVerify(token, getKey, { ...checks, currentDate })).payload
    } catch (err) {
      if (err instanceof JwksUnavailable) throw err
      return problemOf(err, errors)
    }
    const userId = Object.hasOwn(claims, userIdClaim) ? toUserId(claims[userIdClaim]) : undefined
    if (userId === undefined) return 'user'
    const expiresAt = endOf(claims, clockTolerance, maxTokenAge)
    return { userId, ...(expiresAt !== undefined && { expiresAt }), claims }
  }
}

/** By the codes of jose's errors. */
const problems: Readonly<Record<string, TokenProblem>> = {
  ERR_JWT_EXPIRED: 'expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'signature',
  ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm',
  ERR_JWKS_NO_MATCHING_KEY: 'key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'key',
  nbf: 'not_yet_valid',
  iss: 'issuer',
  aud: 'audience'
}

/** What is wrong with a token that jose does not take. */
function problemOf(err: unknown, errors: typeof import('jose').errors): TokenProblem {
  if (err instanceof errors.JWTClaimValidationFailed) return problems[err.claim] ?? 'claims'
  return (err instanceof errors.JOSEError ? problems[err.code] : undefined) ?? 'malformed'
}

/** jose reads base64url generously, with spaces or loose bits in it; a token that was changed is not to be good. */
function isCanonical(token: string): boolean {
  return token.split('.').every((part) => decodeBase64Url(part) !== undefined)
}

/** When a token stops being good, in milliseconds since 1970: all that is accepted now is accepted until then. */
function endOf(
  { exp, iat }: JWTPayload,
  tolerance: number,
  maxTokenAge: number | undefined
): number | undefined {
  const never = Number.POSITIVE_INFINITY
  const oldest = maxTokenAge === undefined || iat === undefined ? never : iat + maxTokenAge
  const end = Math.min(exp ?? never, oldest)
  return Number.isFinite(end) ? Math.trunc((end + tolerance) * 1000) : undefined
}

function demandAlgorithms(wanted: unknown, fit: readonly JwtAlgorithm[]): void {
  demand('algorithms', Array.isArray(wanted) && wanted.length > 0, 'must be a list of algorithms')
  const misfit = (wanted as JwtAlgorithm[]).find((algorithm) => !fit.includes(algorithm))
  demand('algorithms', misfit === undefined, `${String(misfit)} is not for this key, but ${fit.join(', ')}`)
}

function demandLongSecret(wanted: readonly JwtAlgorithm[], bytes: number): void {
  for (const algorithm of wanted) {
    const least = minSecretBytes[algorithm] ?? 0
    demand('secret', bytes >= least, `must have at least ${least} bytes for ${algorithm} (RFC 7518)`)
  }
}

function demandNames(option: string, names: unknown): void {
  const areNames =
    names === undefined || isText(names) || (Array.isArray(names) && names.length > 0 && names.every(isText))
  demand(option, areNames, 'must be a string or a list of strings, none of them empty')
}

const isSeconds = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0

function listOf(names: string | readonly string[]): string[] {
  return typeof names === 'string' ? [names] : [...names]
}
