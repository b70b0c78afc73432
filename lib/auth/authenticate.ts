// The room of authentication: tokens of JWT and of Phoenix, verified and signed.
import type { Awaitable } from '../channel/channel.js'
import { AuthResultInvalid } from '../errors.js'
import type { ConnectInfo } from '../mount/connect-info.js'
import { noteTokenProblem, type TokenProblem } from '../mount/token-problem.js'
import type { Params } from '../transport/query.js'
import { describe } from '../util/describe.js'
import { isRecord } from '../util/is-record.js'
import { demand, demandOptions, isText } from './option-checks.js'
import { judgeOf } from './token-judge.js'
import { type TokenVerifier, toUserId, type VerifiedToken } from './verified-token.js'

/** What {@link authenticate} goes by; `verify` is required. */
export interface AuthenticateOptions<V extends VerifiedToken = VerifiedToken, E extends object = V> {
  /** Checks a token: `createJwtVerifier(...)`, `createPhoenixTokenVerifier(...)` or a function of one's own. */
  verify: TokenVerifier<V>
  /**
   * What the socket's assigns have beside `userId` and `expiresAt`, made of a good token; may look the
   * user up, and refuses the client by null, undefined or false. It is asked again about each fresh
   * token (`access_token`), with the `params` and `info` of the connect; what it returns then is not
   * kept. Default what `verify` returned.
   */
  assigns?: (token: V, params: Params, info: ConnectInfo) => Awaitable<E | null | undefined | false>
  /** The connect parameter that carries the token of clients that do not use `authToken`. Default `token`. */
  param?: string
}

/** Options for the plugin, and for the user channel; see {@link authenticate}. */
export interface Authentication<A extends object = object> {
  /** The plugin's: refuses all clients without a good token. */
  connect(params: Params, info: ConnectInfo): Promise<A | null>
  /** The plugin's: `user_socket:<user id>`, the name of all of a user's sockets. */
  id(socket: { assigns: object }): string
  /** The plugin's: the socket closes when the token ends that it connected with. */
  expiresAt(socket: { assigns: object }): number | undefined
  /** The plugin's: phoenix.js's `authToken` is taken. */
  readonly authToken: true
  /**
   * The user channel's: takes a fresh token before the last one ends (`access_token`). Without the
   * channel, or for a socket that another `connect` made assigns for, `assigns` gets no params and no info.
   */
  verifyToken(token: string, channel?: { socket: { assigns: object } }): Promise<VerifiedToken | null>
}

interface Checked<V> {
  readonly verified: V
  readonly identity: AuthenticatedAssigns
}

/** What the assigns of an authenticated socket have: its user, and the end of the token that it connected with. */
export type AuthenticatedAssigns = VerifiedToken

const optionNames = new Set(['verify', 'assigns', 'param'])

/**
 * Authenticates clients by a token: the one that phoenix.js carries as `authToken`, or the connect
 * parameter `token`. Its user is the one of the socket and of the channel `user:<id>`; a socket lives
 * as long as its token, or the fresh one that the client hands in.
 *
 *     const { verifyToken, ...socket } = authenticate({
 *       verify: createJwtVerifier({ secret, algorithms: ['HS256'] })
 *     })
 *     await app.register(phoenix, { ...socket, channels: { 'user:*': userChannel({ verifyToken }) } })
 *
 * What `verify` or `assigns` throws answers the connect with 500, and a fresh token with
 * `unauthorized`; both are logged. So is `PHX_ERR_AUTH_RESULT`, where one of them returns what is neither
 * an object nor a refusal. Throws `PHX_ERR_AUTH_OPTION` when an option is missing or wrong.
 */
export function authenticate<V extends VerifiedToken, E extends object = V>(
  options: AuthenticateOptions<V, E>
): Authentication<E & AuthenticatedAssigns> {
  demandOptions(options, optionNames)
  const { verify, assigns = (token) => token as unknown as E, param = 'token' } = options
  demand('verify', typeof verify === 'function', 'must be a function')
  demand('assigns', typeof assigns === 'function', 'must be a function')
  demand('param', isText(param), 'must be the name of a parameter')

  /** A good token, and the part of it that everything here goes by; or what is wrong with it, in words. */
  const check = async (token: unknown): Promise<Checked<V> | TokenProblem> => {
    if (typeof token !== 'string' || token === '') return 'missing'
    const verdict = await judgeOf(verify)?.(token)
    if (typeof verdict === 'string') return verdict
    const verified = (verdict ?? (await verify(token))) as V | null
    if (isRefused(verified)) return 'refused'
    if (!isRecord(verified)) throw new AuthResultInvalid('verify', describe(verified))
    const userId = toUserId(verified.userId)
    if (userId === undefined) return 'user'
    const { expiresAt } = verified
    return { verified, identity: { userId, ...(expiresAt !== undefined && { expiresAt }) } }
  }

  /** What the application adds; null where it refuses. */
  const admit = async (verified: V, params: Params, info: ConnectInfo): Promise<E | null> => {
    const extra = await assigns(verified, params, info)
    if (isRefused(extra)) return null
    if (!isRecord(extra)) throw new AuthResultInvalid('assigns', describe(extra))
    return extra as E
  }

  /** What sockets connected with, by their assigns, where the application is asked about fresh tokens. */
  const connects = new WeakMap<object, { params: Params; info: ConnectInfo }>()

  return {
    async connect(params, info) {
      const checked = await check(info.authToken ?? params[param])
      if (typeof checked === 'string') {
        noteTokenProblem(info, checked)
        return null
      }
      const extra = await admit(checked.verified, params, info)
      if (!extra) return null
      const all = { ...extra, ...checked.identity } as E & AuthenticatedAssigns
      if (options.assigns !== undefined) connects.set(all, { params, info })
      return all
    },
    id: ({ assigns }) => `user_socket:${(assigns as AuthenticatedAssigns).userId}`,
    expiresAt: ({ assigns }) => (assigns as AuthenticatedAssigns).expiresAt,
    authToken: true,
    async verifyToken(token, channel) {
      const checked = await check(token)
      if (typeof checked === 'string') {
        if (channel !== undefined) noteTokenProblem(channel, checked)
        return null
      }
      if (options.assigns === undefined) return checked.identity
      const { params, info } = connects.get(channel?.socket.assigns ?? options) ?? { params: {}, info: {} }
      return (await admit(checked.verified, params, info)) && checked.identity
    }
  }
}

function isRefused(value: unknown): value is null | undefined | false {
  return value === null || value === undefined || value === false
}
