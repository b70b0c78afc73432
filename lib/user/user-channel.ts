// The room of the user channel: `user:*`, its hook calls, its peer and its token.
import type { VerifiedToken } from '../auth/verified-token.js'
import type {
  Channel,
  ChannelDefinition,
  HandlerResult,
  InHandler,
  JoinResult,
  OutHandler
} from '../channel/channel.js'
import { demandHandlers } from '../channel/definition.js'
import { errorReply } from '../channel/results.js'
import type { SessionChannel } from '../channel/session.js'
import { InvalidOption } from '../errors.js'
import type { HistoryOptions } from '../history/options.js'
import type { HookPlugin } from '../hooks/define.js'
import { Hooks } from '../hooks/hooks.js'
import type { ChannelContext, ChannelFactory } from '../mount/channel-context.js'
import type { Assigns, AssignsOf } from '../protocol/assigns.js'
import type { Scalar } from '../protocol/message.js'
import { peerEvents } from '../protocol/peer-events.js'
import { demandKnown, demandRecord, demandWith } from '../util/demand.js'
import { describe, disown } from '../util/describe.js'
import { isThenable } from '../util/thenable.js'
import { takeToken } from './fresh-token.js'
import { UserSession, type UserSessionOptions } from './user-session.js'

/** What the application adds to the user channel; the built-in events stay what they are. */
export interface UserChannelOptions<A extends object = Assigns> {
  /** Keeps what is broadcast to the user, see `ChannelDefinition`. Default: nothing is kept. */
  history?: HistoryOptions
  /** What clients call with `call_hook`, and over DataChannels. The assigns must be what their calls ask for. */
  hooks?: readonly HookPlugin<object, string, A>[]
  /** The user that a socket belongs to; no other topic than `user:<it>` may be joined. Default `assigns.userId`. */
  userId?: (assigns: A) => unknown
  /** Runs once the user was found to be the right one; may refuse the join. */
  join?: ChannelDefinition<A>['join']
  /** Further events of the client; one that nothing handles is replied `error {"error":"unknown_event"}`. */
  handleIn?: { readonly [event: string]: InHandler<A> }
  /** Intercepted broadcasts; `webrtc:data` is built in. */
  handleOut?: { readonly [event: string]: OutHandler<A> }
  /** Gets the broadcasts of topics that the channel subscribed to. */
  handleInfo?: ChannelDefinition<A>['handleInfo']
  /** What else is to be waited for when the server shuts down, after the hook calls in flight. */
  drain?: ChannelDefinition<A>['drain']
  /** Runs once when the channel ends. */
  terminate?: ChannelDefinition<A>['terminate']
  /** Gets what arrives on DataChannels other than `events`: text as a string, bytes as a Buffer. */
  onData?: (label: string, data: string | Buffer, channel: Channel<A>) => void | Promise<void>
  /**
   * Checks a fresh token that a client hands in with `access_token`; null refuses it, and so do a throw,
   * what is no `{ userId, expiresAt }`, and taking longer than `limits.hookTimeoutMs`, which are logged.
   * Default: refuses all.
   */
  verifyToken?: (token: string, channel: Channel<A>) => Promise<VerifiedToken | null> | VerifiedToken | null
}

type BuiltIn = (
  session: UserSession,
  payload: unknown,
  channel: Channel
) => HandlerResult | Promise<HandlerResult>

/**
 * The channel of one user, `user:<id>`: hook calls, and the WebRTC peer through which they come
 * faster. Mount it under the pattern `user:*`.
 *
 * Throws `PHX_ERR_OPTION_INVALID` when an option is unknown or wrong, or an event of the application's is a
 * built-in one.
 */
export function userChannel<A extends object = object>(
  options: UserChannelOptions<AssignsOf<A>> = {}
): ChannelFactory {
  // As with defineChannel: whoever runs the channel knows nothing of A.
  const untyped = options as unknown as UserChannelOptions
  demandOptions(untyped)
  demandOwnEvents('handleIn', untyped.handleIn, builtInNames)
  demandOwnEvents('handleOut', untyped.handleOut, [peerEvents.data])
  return (context) => buildUserChannel(untyped, context)
}

function buildUserChannel(options: UserChannelOptions, context: ChannelContext): ChannelDefinition {
  const { limits, clock, log, hookLives, once } = context
  const { onData, handleIn = {}, handleOut, userId: userIdOf = ({ userId }) => userId } = options
  // A channel takes those alone that its assigns are enough for.
  const plugins = [...(options.hooks ?? [])] as HookPlugin[]
  const hooks = new Hooks({ plugins, limits, clock, log, lives: hookLives, once })
  context.onStart(() => hooks.startup())
  context.onStop(() => hooks.stop())
  const shared: UserSessionOptions = { hooks, onData }
  const events: Record<string, BuiltIn> = {
    ...builtIns,
    access_token: (session, payload, channel) =>
      takeToken(options.verifyToken, payload, session, channel, { clock, limitMs: limits.hookTimeoutMs })
  }

  const open = (userId: string, channel: Channel): void => {
    const own = channel as SessionChannel
    own.session = new UserSession(userId, own, shared)
  }

  return {
    join(params, channel) {
      const userId = joinedUser(userIdOf, channel)
      if (userId === undefined) {
        const { socket, topic } = channel as SessionChannel
        socket.refused('otherUser', topic)
        return { status: 'error', response: { reason: 'unauthorized' } }
      }
      // An application that only looks on returns nothing, now or later.
      const accept = (result: JoinResult | null | undefined): JoinResult => {
        const answer = result ?? { status: 'ok' }
        if (answer.status === 'ok') open(userId, channel)
        return answer
      }
      const result = options.join?.(params, channel)
      return isThenable(result) ? Promise.resolve(result).then(accept) : accept(result)
    },

    handleIn(event: Scalar, payload, channel) {
      const session = sessionOf(channel)
      if (typeof event !== 'string') return errorReply('unknown_event')
      if (Object.hasOwn(events, event)) return events[event]?.(session, payload, channel)
      if (Object.hasOwn(handleIn, event)) return handleIn[event]?.(payload, channel)
      return errorReply('unknown_event')
    },

    async drain(channel) {
      const session = sessionOf(channel)
      await session.idle()
      await options.drain?.(channel)
      await session.drained()
    },

    ...(options.history && { history: options.history }),
    ...(handleOut && { handleOut }),
    ...(options.handleInfo && { handleInfo: options.handleInfo }),
    ...(options.terminate && { terminate: options.terminate })
  }
}

function sessionOf(channel: Channel): UserSession {
  return (channel as SessionChannel).session as UserSession
}

/** Events that need nothing but the session. */
const builtIns: Record<string, BuiltIn> = {
  call_hook: (session, payload) => session.callHook(payload),
  'webrtc:config': (session) => ({ status: 'ok', response: session.iceConfig() }),
  'webrtc:offer': (session, payload) => session.offer(payload),
  'webrtc:ice': (session, payload) => session.peer.addIceCandidate(payload),
  'webrtc:send': (session, payload) => session.peer.receiveData(payload),
  'webrtc:close': (session) => session.peer.closeForClient()
}

const builtInNames = [...Object.keys(builtIns), 'access_token']

/** The user of the socket, when the topic is theirs. */
function joinedUser(userIdOf: (assigns: Assigns) => unknown, channel: Channel): string | undefined {
  const id = userIdOf(channel.socket.assigns)
  if (isName(id)) return channel.topic === `user:${id}` ? String(id) : undefined
  if (id !== null && id !== undefined && id !== '') {
    disown(id)
    channel.log.error({ returned: describe(id) }, 'userId returned neither text nor a number: join refused')
  }
  return undefined
}

function isName(id: unknown): id is string | number | bigint {
  return (typeof id === 'string' && id !== '') || typeof id === 'bigint' || Number.isFinite(id)
}

const optionNames = new Set([
  'history',
  'hooks',
  'userId',
  'join',
  'handleIn',
  'handleOut',
  'handleInfo',
  'drain',
  'terminate',
  'onData',
  'verifyToken'
])

const demand = demandWith(InvalidOption, 'userChannel.')

function demandOptions(options: UserChannelOptions): void {
  demandRecord(InvalidOption, 'userChannel', options)
  demandKnown(demand, options, optionNames)
  const { hooks, handleIn, userId, onData, verifyToken } = options
  for (const [name, value] of Object.entries({ userId, onData, verifyToken })) {
    demand(name, value === undefined || typeof value === 'function', 'must be a function')
  }
  demand('hooks', hooks === undefined || Array.isArray(hooks), 'must be a list of what defineHooks made')
  demand('handleIn', typeof handleIn !== 'function', 'must be an object of functions by event')
  demandHandlers('userChannel', options as Readonly<Record<string, unknown>>)
}

function demandOwnEvents(option: string, handlers: object | undefined, builtIn: readonly string[]): void {
  for (const event of Object.keys(handlers ?? {})) {
    if (builtIn.includes(event)) throw new InvalidOption(`${option}["${event}"]`, 'this event is built in')
  }
}
