import { createSecretKey } from 'node:crypto'
import { jose } from '../auth/jose.js'
import { judgeTokens } from '../auth/jwt.js'
import { judgedBy } from '../auth/token-judge.js'
import { toUserId, type VerifiedToken } from '../auth/verified-token.js'
import type { TokenProblem } from '../mount/token-problem.js'
import { type Clock, systemClock } from '../time/clock.js'

/** Makes and checks the JSON Web Tokens of the reference server. */
export interface Tokens {
  /** Makes a token for the user that ends after `ttlSeconds`. */
  sign(userId: string, ttlSeconds: number): Promise<string>
  /** Whom the token names; null for anything that is no valid token of this server. */
  verify(token: unknown): Promise<VerifiedToken | null>
}

const algorithm = 'HS256'

/** Whether the value can be the id of a user: a string of 1 to 250 bytes, as for every token. */
export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && toUserId(value) !== undefined
}

/**
 * Makes the tokens of one secret: HS256, `sub` is the user id, `exp` and `nbf` are honoured.
 * A token that names another algorithm is none.
 */
export function createTokens(secret: string, clock: Clock = systemClock): Tokens {
  // Of any length: whoever runs the server chooses it, and `createJwtVerifier` wants a long one.
  const key = createSecretKey(Buffer.from(secret))
  const checks = { algorithms: [algorithm], clockTolerance: 0 }
  const judgeJwt = judgeTokens({ getKey: () => key, checks, userIdClaim: 'sub', clock })
  const judge = async (token: unknown): Promise<VerifiedToken | TokenProblem> => {
    const verdict = await judgeJwt(token)
    if (typeof verdict === 'string') return verdict
    // A number is no user here; and a socket need not keep what else the token claims.
    if (typeof verdict.claims.sub !== 'string') return 'user'
    const { claims: _, ...identity } = verdict
    return identity
  }
  return {
    async sign(userId, ttlSeconds) {
      const { SignJWT } = await jose()
      const now = Math.floor(clock.date() / 1000)
      return new SignJWT()
        .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
        .setSubject(userId)
        .setIssuedAt(now)
        .setExpirationTime(now + ttlSeconds)
        .sign(key)
    },

    verify: judgedBy(async (token: unknown) => {
      const verdict = await judge(token)
      return typeof verdict === 'string' ? null : verdict
    }, judge)
  }
}
