import type { FastifyInstance, FastifyRequest } from 'fastify'
import { exposedAt, isFromHere } from '../lib/dashboard/exposure.js'
import { type Attempt, bearerOf, SignIn } from '../lib/dashboard/sign-in.js'
import { DashboardAuthorizeFailed, DashboardExposed } from '../lib/errors.js'
import { isNamedAsUs } from '../lib/server/host-check.js'
import type { Clock } from '../lib/time/clock.js'
import type { DashboardSettings } from './dashboard-options.js'

/** Milliseconds after which `authorize` is asked anew about who is connected. */
const askedAgainMs = 60 * 60_000

/** Why a request may not see the dashboard. */
export type Refused = Exclude<Attempt, 'ok'>

/** What came of a request: until when it may see the dashboard, in milliseconds since 1970, or why not. */
export type Access = { readonly until: number } | { readonly refused: Refused }

/** Who may see the dashboard. */
export class DashboardAccess {
  /** Where there is a token. */
  readonly signIn: SignIn | undefined
  readonly #authorize: DashboardSettings['authorize']
  readonly #clock: Clock

  constructor({ authorize, token }: DashboardSettings, clock: Clock) {
    this.#authorize = authorize
    this.#clock = clock
    this.signIn = token === undefined ? undefined : new SignIn(token, clock)
  }

  /** Whether everybody may who is on this machine, and nobody else. */
  get isOpen(): boolean {
    return this.#authorize === undefined && this.signIn === undefined
  }

  /** Rejects with `PHX_ERR_DASHBOARD_AUTHORIZE`, or what `authorize` throws as an answer. */
  async of(request: FastifyRequest): Promise<Access> {
    const { cookie, authorization } = request.headers
    const end = this.signIn?.endOf(cookie)
    if (end !== undefined) return { until: end }
    const until = this.#clock.date() + askedAgainMs
    if (this.isOpen ? isLocal(request) : await this.#isAuthorized(request)) return { until }
    const token = this.signIn && bearerOf(authorization)
    const attempt = token === undefined ? 'wrong' : this.signIn?.try(token, request.ip)
    return attempt === 'ok' ? { until } : { refused: attempt ?? 'wrong' }
  }

  /** The text of what it throws is for the log: whoever asks is nobody that is known. */
  async #isAuthorized(request: FastifyRequest): Promise<boolean> {
    try {
      return (await this.#authorize?.(request)) === true
    } catch (cause) {
      throw isAnswer(cause) ? cause : new DashboardAuthorizeFailed({ cause })
    }
  }

  /** Refuses a start that would show the dashboard to everybody. Where it listens is known when it does. */
  refuseExposure({ server }: FastifyInstance, path: string): void {
    if (!this.isOpen) return
    server.prependListener('listening', () => {
      const exposed = exposedAt(server.address())
      if (exposed === undefined) return
      server.emit('error', new DashboardExposed(path, exposed))
      // Fastify still looks at its address. No connection is taken before.
      process.nextTick(() => server.close())
    })
  }
}

/** As `request.jwtVerify` of @fastify/jwt throws them. */
function isAnswer(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  const { statusCode } = thrown as { statusCode?: unknown }
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
}

/** A page whose name its owner lets point to this machine (DNS rebinding) is not of it. */
function isLocal({ raw, host, headers }: FastifyRequest): boolean {
  const { rawHeaders = [], url = '', socket } = raw
  const localAddress = socket?.localAddress
  return (
    isFromHere(localAddress, headers) && isNamedAsUs({ rawHeaders, url, host, localAddress }, 'localhost')
  )
}

/** Whether a request that changes something, or opens a socket, is of a page of ours, or of no page at all. */
export function isOfOurPage({ headers, host }: FastifyRequest): boolean {
  const { origin } = headers
  if (origin === undefined) return !/^(cross-site|same-site)$/.test(String(headers['sec-fetch-site']))
  return URL.canParse(origin) && new URL(origin).host === host
}
