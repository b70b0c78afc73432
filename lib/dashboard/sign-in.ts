import { createHash, createHmac, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import { addressKey } from '../limits/address-key.js'
import { IdleMap } from '../limits/idle-map.js'
import { RateLimit } from '../limits/rate-limit.js'
import type { Clock } from '../time/clock.js'

/** Who signed in does so again after so many milliseconds. */
const sessionMs = 12 * 60 * 60_000

/** Wrong tokens of one address; who has shown so many waits until the first of them is that long ago. */
const failureRate = { count: 10, windowMs: 60_000 }
const maxAddresses = 10_000

const cookieName = 'phx_dashboard'

/** What came of a token that somebody showed. */
export type Attempt = 'ok' | 'wrong' | 'too_many'

/**
 * Lets in who knows a token. A browser keeps a session in place of it, which nobody else can make, and which is over
 * with its time, or with the token. All servers with the same token take it.
 */
export class SignIn {
  readonly #clock: Clock
  readonly #digest: Buffer
  readonly #key: Buffer
  readonly #failures: IdleMap<RateLimit>

  constructor(token: string, clock: Clock) {
    this.#clock = clock
    this.#digest = sha256(token)
    // Who has a session must not find a short token out by trying.
    this.#key = scryptSync(token, 'fastify-phoenix dashboard', 32)
    this.#failures = new IdleMap(() => new RateLimit(failureRate), clock, maxAddresses)
  }

  /** Whether it is the token, which an address may try a few times a minute. */
  try(token: string, address: string): Attempt {
    const key = addressKey(address)
    const now = this.#clock.now()
    if (this.#failures.get(key)?.hasRoom(now) === false) return 'too_many'
    if (timingSafeEqual(sha256(token), this.#digest)) return 'ok'
    this.#failures.of(key).hit(now)
    return 'wrong'
  }

  /** The `Set-Cookie` of a new session. */
  cookie(path: string, isSecure: boolean): string {
    const expiresAt = this.#clock.date() + sessionMs
    const head = `${expiresAt}.${randomBytes(16).toString('base64url')}`
    return setCookie(`${head}.${this.#mac(head)}`, path, isSecure)
  }

  /** When the session of a `Cookie` header ends, in milliseconds since 1970; undefined where there is none. */
  endOf(header: string | undefined): number | undefined {
    for (const cookie of header?.split(';') ?? []) {
      const [, value] = cookie.match(/^\s*phx_dashboard=([\w.-]{1,200})\s*$/) ?? []
      const end = value === undefined ? undefined : this.#endOf(value)
      if (end !== undefined) return end
    }
    return undefined
  }

  #endOf(session: string): number | undefined {
    const [, head = '', expiresAt, mac = ''] = session.match(/^((\d{13,15})\.[\w-]{22})\.([\w-]{43})$/) ?? []
    if (head === '' || !timingSafeEqual(Buffer.from(mac), Buffer.from(this.#mac(head)))) return undefined
    const end = Number(expiresAt)
    return end > this.#clock.date() ? end : undefined
  }

  #mac(head: string): string {
    return createHmac('sha256', this.#key).update(head).digest('base64url')
  }
}

/** The `Set-Cookie` that takes a session away. */
export function noCookie(path: string, isSecure: boolean): string {
  return `${setCookie('', path, isSecure)}; Max-Age=0`
}

/** The token of an `Authorization: Bearer` header; undefined where there is none. */
export function bearerOf(header: string | undefined): string | undefined {
  // Spaces at the end are not for the pattern: it would try each of them anew.
  return header?.match(/^bearer +(\S.*)/i)?.[1]?.trimEnd()
}

function setCookie(value: string, path: string, isSecure: boolean): string {
  const attributes = `Path=${path}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
  return `${cookieName}=${value}; ${attributes}`
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
