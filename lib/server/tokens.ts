import { jwtVerify, SignJWT } from 'jose'
import { toUserId } from '../auth/verified-token.js'
import { type Clock, systemClock } from '../time/clock.js'

/** Whom a valid token names. */
export interface Identity {
  userId: string
  /** When the token ends, in milliseconds since 1970; without it, it does not end. */
  expiresAt?: number
}

/** Makes and checks the JSON Web Tokens of the reference server. */
export interface Tokens {
  /** Makes a token for the user that ends after `ttlSeconds`. */
  sign(userId: string, ttlSeconds: number): Promise<string>
  /** Whom the token names; null for anything that is no valid token of this server. */
  verify(token: unknown): Promise<Identity | null>
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
  const key = new TextEncoder().encode(secret)
  return {
    sign(userId, ttlSeconds) {
      const now = Math.floor(clock.date() / 1000)
      return new SignJWT()
        .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
        .setSubject(userId)
        .setIssuedAt(now)
        .setExpirationTime(now + ttlSeconds)
        .sign(key)
    },

    async verify(token) {
      if (typeof token !== 'string') return null
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [algorithm],
          currentDate: new Date(clock.date())
        })
        if (!isUserId(payload.sub)) return null
        if (payload.exp === undefined) return { userId: payload.sub }
        return { userId: payload.sub, expiresAt: payload.exp * 1000 }
      } catch {
        return null
      }
    }
  }
}
