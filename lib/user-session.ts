import type { Channel, HandlerResult, Reply } from './channel.js'
import { refuse } from './channel-results.js'
import type { Clock } from './clock.js'
import { Deadline } from './deadline.js'
import type { Hooks } from './hooks/hooks.js'
import type { HookSession } from './hooks/session.js'
import type { HookResult } from './hooks/types.js'
import { JsonText } from './serializer/json.js'
import type { Push } from './webrtc/events.js'
import { PeerSession, type PeerSessionOptions } from './webrtc/peer-session.js'

/** The client is told so many milliseconds before its token ends. */
const tokenWarningMs = 60_000

export interface UserSessionOptions
  extends Pick<PeerSessionOptions, 'factory' | 'turns' | 'limits' | 'stats' | 'onData'> {
  readonly clock: Clock
  readonly hooks: Hooks
}

/** What one join of a user channel holds: its hook calls, its WebRTC peer and the end of its token. */
export class UserSession {
  readonly userId: string
  readonly peers: PeerSession
  readonly hooks: HookSession
  readonly #channel: Channel
  readonly #clock: Clock
  readonly #tokenWarning: Deadline
  #ended = false

  constructor(userId: string, channel: Channel, { clock, hooks, ...peerOptions }: UserSessionOptions) {
    const { budget, assigns, transport } = channel.socket
    const push: Push = (event, payload, options) => channel.push(event, payload, options)
    this.userId = userId
    this.#channel = channel
    this.#clock = clock
    this.#tokenWarning = new Deadline(clock, () => this.#warnOfTokenEnd())
    this.hooks = hooks.session({
      userId,
      assigns,
      transport,
      topic: channel.topic,
      log: channel.log,
      budget,
      push,
      sendData: (label, data, options) => this.peers.sendData(label, data, options)
    })
    const { peers: registry } = channel.endpoint
    this.peers = new PeerSession({
      ...peerOptions,
      clock,
      budget,
      push,
      hooks: this.hooks,
      log: channel.log,
      onPeer: (hasPeer) => {
        if (hasPeer) registry.add(userId, this.peers)
        else registry.delete(userId, this.peers)
      }
    })
    // Not `terminate`: that one waits for handlers that still run, and a replaced channel has none.
    if (channel.signal.aborted) this.#end()
    else channel.signal.addEventListener('abort', () => this.#end(), { once: true })
  }

  /** The join was replied to. */
  start(): void {
    if (this.#ended) return
    this.#channel.socket.dataSink = this.peers
    this.watchToken()
    void this.hooks.joined()
  }

  /** Looks anew when the token of the socket ends. */
  watchToken(): void {
    if (this.#ended) return
    const { expiresAt } = this.#channel.socket
    this.#tokenWarning.at = expiresAt === undefined ? undefined : expiresAt - tokenWarningMs
  }

  /** `call_hook` `{plugin, fn, args}`: replies at once when the hook does, and later without holding up the channel. */
  callHook(payload: unknown): HandlerResult {
    const { plugin, fn, args } = Object(payload) as Record<string, unknown>
    if (typeof plugin !== 'string' || typeof fn !== 'string') return refuse('invalid_payload')
    const channel = this.#channel
    const result = this.hooks.call({
      hookPlugin: plugin,
      fn,
      args,
      bytes: channel.message?.bytes ?? Number.POSITIVE_INFINITY,
      transport: channel.socket.transport
    })
    if (!(result instanceof Promise)) return hookReply(result)
    // A client that gave its message no ref does not wait for the reply.
    if (channel.message === undefined || channel.message.ref === null) return
    const ref = channel.socketRef()
    void result.then((value) => channel.reply(ref, hookReply(value)))
  }

  #warnOfTokenEnd(): void {
    const { expiresAt } = this.#channel.socket
    if (expiresAt === undefined) return
    const seconds = Math.max(0, Math.round((expiresAt - this.#clock.date()) / 1000))
    this.#channel.push('token_expiring', { expires_in: seconds })
  }

  #end(): void {
    this.#ended = true
    this.#tokenWarning.at = undefined
    const { socket } = this.#channel
    if (socket.dataSink === this.peers) socket.dataSink = undefined
    this.peers.end()
    this.hooks.end()
    void this.hooks.left()
  }
}

function hookReply(result: HookResult): Reply {
  if (!result.ok) return refuse(result.reason)
  return { status: 'ok', response: new JsonText(`{"data":${result.json}}`) }
}
