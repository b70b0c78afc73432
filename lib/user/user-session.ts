import type { Channel, HandlerResult, Reply } from '../channel/channel.js'
import { errorReply } from '../channel/results.js'
import type { ChannelSession, SessionChannel } from '../channel/session.js'
import type { DataMessage, DataSink } from '../data/message.js'
import { guard, type OnFailure } from '../guard.js'
import type { Hooks } from '../hooks/hooks.js'
import type { HookSession } from '../hooks/session.js'
import type { HookResult } from '../hooks/types.js'
import type { IceConfig } from '../peers/peer-factory.js'
import { type Push, peerEvents, rpcLabel } from '../protocol/peer-events.js'
import { JsonText } from '../protocol/serializer/json.js'
import { SessionPeer } from '../webrtc/channel-peer.js'
import { deliverWithoutPeer } from '../webrtc/peer-session.js'
import { TokenWarning } from './token-warning.js'

const replyFailed = 'the reply to a hook call failed'

/**
 * Milliseconds for what is on its way over DataChannels at the end; and for the last answers, whose client closes its
 * DataChannel `events` when they have arrived.
 */
const onTheirWayMs = 200
const answersOnTheirWayMs = 5_000

/** What the sessions of one user channel have in common. */
export interface UserSessionOptions {
  readonly hooks: Hooks
  /** The application's handler for what arrives on other labels than `events`. */
  readonly onData:
    | ((label: string, data: string | Buffer, channel: Channel) => void | Promise<void>)
    | undefined
}

/**
 * What one join of a user channel holds: its hook calls, its WebRTC peer and the end of its token. Each is
 * made when it is needed: most of ten thousand users neither call nor offer at any one time.
 */
export class UserSession implements ChannelSession, DataSink {
  readonly userId: string
  readonly #channel: SessionChannel
  readonly #options: UserSessionOptions
  #hooks: HookSession | undefined
  #peer: SessionPeer | undefined
  #tokenWarning: TokenWarning | undefined
  /** Whether the client wants to know which calls over its DataChannel were taken, as it said in its offer. */
  #isToldDrained = false
  #gone = false
  #ended = false

  constructor(userId: string, channel: SessionChannel, options: UserSessionOptions) {
    this.userId = userId
    this.#channel = channel
    this.#options = options
  }

  get hooks(): HookSession {
    if (this.#hooks === undefined) {
      this.#hooks = this.#openHooks()
      if (this.#gone) this.#hooks.callerGone()
      if (this.#ended) this.#hooks.end()
    }
    return this.#hooks
  }

  get peer(): SessionPeer {
    this.#peer ??= this.#createPeer()
    return this.#peer
  }

  /** `webrtc:offer`; `drained: true` beside the session description asks for `hooks_drained`. */
  offer(payload: unknown): Promise<Reply> {
    this.#isToldDrained = Object(payload).drained === true
    return this.peer.handleOffer(payload)
  }

  /** What the client should use to reach the peer that it may offer. */
  iceConfig(): IceConfig {
    const { peers, clock } = this.#channel.socket
    return peers.iceServers.forClient(this.userId, clock.date())
  }

  start(): void {
    if (this.#gone) return
    this.#channel.socket.dataSink = this.#peer?.sink ?? this
    this.watchToken()
    if (this.#options.hooks.followsUsers) void this.hooks.joined()
  }

  /** While there is no peer, which then takes this place. */
  deliver(message: DataMessage): void {
    deliverWithoutPeer(message, this.#channel.endpoint.stats.peers, this.#push)
  }

  /** Resolves when no hook call runs. */
  async idle(): Promise<void> {
    await this.#hooks?.idle()
  }

  /**
   * No more calls are taken over DataChannels, and those that were are answered: tells a client that asked for it, which
   * makes the others elsewhere. It closes its DataChannel when the last answer is there.
   */
  async drained(): Promise<void> {
    if (this.#gone || !this.#isToldDrained) return
    const lastCall = this.hooks.intake.close()
    await this.hooks.idle()
    if (this.#gone) return
    const arrived =
      lastCall === null ? undefined : Promise.all([this.#answersArrived(), this.#wait(onTheirWayMs)])
    this.#push('hooks_drained', { last_call: lastCall })
    await arrived
  }

  /** Resolves when the client has closed its DataChannel for calls, or has had the time to. */
  #answersArrived(): Promise<void> {
    const { peer } = this
    // It took calls, and has ended since.
    if (peer.connectionState === 'closed') return Promise.resolve()
    const { clock } = this.#channel.socket
    return new Promise((resolve) => {
      const late = clock.setTimeout(resolve, answersOnTheirWayMs)
      const done = (): void => {
        clock.clearTimeout(late)
        resolve()
      }
      peer.on('channelClosed', ({ channel }) => {
        if (channel === rpcLabel) done()
      })
      peer.on('state', ({ state }) => {
        if (state === 'closed') done()
      })
    })
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#channel.socket.clock.setTimeout(resolve, ms))
  }

  /** The peer ends at once, and calls are told; those that the client had sent before are still made. */
  clientGone(): void {
    this.#gone = true
    this.#tokenWarning?.stop()
    const { socket } = this.#channel
    if (socket.dataSink === this || socket.dataSink === this.#peer?.sink) socket.dataSink = undefined
    this.#peer?.end()
    this.#hooks?.callerGone()
  }

  end(): void {
    this.#ended = true
    this.clientGone()
    this.#hooks?.end()
    void this.#hooks?.left()
  }

  /** Looks anew when the token of the socket ends. */
  watchToken(): void {
    if (this.#gone) return
    // Most sockets have no token that ends.
    if (this.#tokenWarning === undefined && this.#channel.socket.expiresAt === undefined) return
    this.#tokenWarning ??= new TokenWarning(this.#channel, this.#crash)
    this.#tokenWarning.watch()
  }

  /** `call_hook` `{plugin, fn, args, key}`: replies at once when the hook does, and later without holding up the channel. */
  callHook(payload: unknown): HandlerResult {
    const { plugin, fn, args, key } = Object(payload) as Record<string, unknown>
    if (typeof plugin !== 'string' || typeof fn !== 'string') return errorReply('invalid_payload')
    const channel = this.#channel
    const result = this.hooks.call({
      hookPlugin: plugin,
      fn,
      args,
      bytes: channel.message?.bytes ?? Number.POSITIVE_INFINITY,
      transport: channel.socket.transport,
      key
    })
    if (!(result instanceof Promise)) return hookReply(result)
    // A client that gave its message no ref does not wait for the reply.
    if (channel.message === undefined || channel.message.ref === null) return
    const { log } = channel
    const ref = channel.socketRef()
    result.then(
      guard(log, replyFailed, (value) => channel.reply(ref, hookReply(value)), this.#crash),
      this.#crash
    )
  }

  /** Where nobody is there to catch it, what cannot be sent ends the channel, as in its handlers. */
  get #crash(): OnFailure {
    return (error) => this.#channel.crash(error)
  }

  /** Made when it is asked for, as most sessions push nothing. */
  get #push(): Push {
    return (event, payload, options) => this.#channel.push(event, payload, options)
  }

  #openHooks(): HookSession {
    const { userId } = this
    const { topic, pattern, joinTrace, log, socket } = this.#channel
    const { assigns, transport, budget } = socket
    return this.#options.hooks.session({
      userId,
      socket,
      meters: socket.endpoint.meters,
      assigns,
      transport,
      topic,
      pattern,
      joinTrace,
      log,
      budget,
      refused: (kind, details) => socket.refused(kind, topic, details),
      push: this.#push,
      sendData: (label, data, options) => this.peer.sendData(label, data, options)
    })
  }

  #createPeer(): SessionPeer {
    const channel = this.#channel
    const { userId, hooks } = this
    const { onData } = this.#options
    const peer = new SessionPeer(channel, {
      userId,
      hooks,
      onData: onData && ((label, data) => onData(label, data, channel))
    })
    for (const name of ['answer', 'ice', 'state', 'channelOpen', 'channelClosed'] as const) {
      peer.on(name, (payload: object) => {
        // It ends a moment after its channel, whose end says all there is to say.
        if (!this.#gone) channel.push(peerEvents[name], payload)
      })
    }
    if (channel.socket.dataSink === this) channel.socket.dataSink = peer.sink
    return peer
  }
}

function hookReply(result: HookResult): Reply {
  if (!result.ok) return errorReply(result.reason)
  return { status: 'ok', response: new JsonText(`{"data":${result.json}}`) }
}
