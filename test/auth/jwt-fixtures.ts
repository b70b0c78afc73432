import { type JWTPayload, SignJWT } from 'jose'
import { FakeClock } from '../fixtures/fake-clock.js'

export const secret = 'a secret of the tests that is long enough to be one of HS512 as well'

/** A clock, and tokens that are signed on it. */
export class Issuer {
  readonly clock = new FakeClock()

  /** Now, in seconds since 1970. */
  get now(): number {
    return this.clock.date() / 1000
  }

  sign(
    claims: JWTPayload,
    key: Parameters<SignJWT['sign']>[0] = Buffer.from(secret),
    head = {}
  ): Promise<string> {
    return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', ...head }).sign(key)
  }
}
