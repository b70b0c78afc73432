// The room of WebRTC: signalling, peers of node-datachannel, their DataChannels, and hook calls over them.
import { EventEmitter } from 'node:events'
import type { Channel, Reply } from '../channel/channel.js'
import { ChannelBase } from '../channel/channel-base.js'
import type { SessionChannel } from '../channel/session.js'
import type { DataSink, SendDataOptions, SendDataResult } from '../data/message.js'
import { InvalidOption } from '../errors.js'
import { guard } from '../guard.js'
import type { IceConfig, PeerIceServer } from '../peers/peer-factory.js'
import type { UserPeer } from '../peers/peer-registry.js'
import type { PeerReport, PeerState } from '../peers/peer-report.js'
import { peerEvents } from '../protocol/peer-events.js'
import { demandKnown, demandRecord, demandWith } from '../util/demand.js'
import { describe } from '../util/describe.js'
import { tracedData } from './data-handler.js'
import { type IceServerOption, IceServers } from './ice-servers.js'
import { PeerSession } from './peer-session.js'
import type { BranchingHookCalls } from './rpc-codec.js'

/** What a peer tells, as what the user channel pushes of it: `answer` is its `webrtc:answer`, and so on. */
export interface PeerEventMap {
  /** For `setRemoteDescription` of the client. */
  answer: [answer: { type: 'answer'; sdp: string }]
  /** For `addIceCandidate` of the client. */
  ice: [candidate: { candidate: string; sdpMid: string; sdpMLineIndex: number }]
  /** `closed` is the last one, and comes once; `rate_limited` says why it follows. */
  state: [state: { state: PeerState | 'rate_limited' }]
  /** A DataChannel of the client has opened. */
  channelOpen: [dataChannel: { channel: string }]
  /** A DataChannel has closed that was open. */
  channelClosed: [dataChannel: { channel: string }]
}

/** What {@link createPeer} takes. */
export interface CreatePeerOptions {
  /** Whose peer it is: `peersOf` finds it under that name, and TURN credentials are made for it. */
  userId: string
  /** STUN and TURN servers of this peer and its client. Default: those of the mount, `webrtc.iceServers`. */
  iceServers?: readonly IceServerOption[] | undefined
  /** Gets what arrives on DataChannels: text as a string, bytes as a Buffer. What it throws is logged. */
  onData?: ((label: string, data: string | Buffer) => void | Promise<void>) | undefined
}

/** Beside what applications give: what answers calls on the DataChannel `events`. */
export interface ChannelPeerOptions extends CreatePeerOptions {
  readonly hooks?: BranchingHookCalls | undefined
}

const eventNames = new Map<string, keyof PeerEventMap>(
  (['answer', 'ice', 'state', 'channelOpen', 'channelClosed'] as const).map((name) => [
    peerEvents[name],
    name
  ])
)

/**
 * The WebRTC peer of one channel, made by {@link createPeer}: it answers the offers of the channel's client, one
 * connection at a time, and ends with the channel.
 */
export interface ChannelPeer extends UserPeer {
  /** As that of an RTCPeerConnection: `new` until an offer was taken, and `closed` once the peer has ended. */
  readonly connectionState: PeerState | 'new'
  /** Adds a listener. What it throws ends the channel, as what a handler throws does. */
  on<Name extends keyof PeerEventMap>(name: Name, listener: (...args: PeerEventMap[Name]) => void): this
  /** Removes a listener. */
  off<Name extends keyof PeerEventMap>(name: Name, listener: (...args: PeerEventMap[Name]) => void): this
  /**
   * Takes an offer of the client, `{type: 'offer', sdp}`; trust is not needed. Resolves to what is to be replied:
   * `ok`, or `error` with `invalid_sdp`, `rate_limited` or `webrtc_disabled`. `answer` comes behind that reply. The
   * connection takes the place of the one before; an offer that is turned down leaves that one alone.
   */
  handleOffer(offer: unknown): Promise<Reply>
  /** Takes an RTCIceCandidateInit of the client; trust is not needed. Returns what is to be replied. */
  addIceCandidate(candidate: unknown): Reply
  /**
   * Takes `{channel, data}`, a text that the client sent over its channel as no DataChannel was open (`webrtc:send`).
   * Returns what is to be replied.
   */
  receiveData(payload: unknown): Reply
  /**
   * Sends to the client's DataChannel of that label; where none is open, as `webrtc:data` over the channel, see
   * {@link SendDataOptions}.
   *
   * @throws PHX_ERR_WEBRTC_INVALID_DATA for what is neither text nor bytes.
   */
  sendData(label: string, data: string | Uint8Array, options?: SendDataOptions): SendDataResult
  /** What the client should use to reach the peer, with TURN credentials of its own. */
  iceConfig(): IceConfig
  /** Ends the connection; the client may offer again. Nothing happens where there is none. */
  close(reason?: string): void
}

/** A peer as the user channel has it, for whose hook calls it speaks too. */
export class SessionPeer implements ChannelPeer {
  readonly #channel: SessionChannel
  readonly #userId: string
  readonly #ownIceServers: IceServers | undefined
  readonly #session: PeerSession
  readonly #emitter = new EventEmitter({ captureRejections: true })
  #hadPeer = false
  #ended = false

  constructor(channel: SessionChannel, { userId, iceServers, onData, hooks }: ChannelPeerOptions) {
    this.#channel = channel
    this.#userId = userId
    this.#ownIceServers =
      iceServers === undefined ? undefined : new IceServers(iceServers, 'createPeer.iceServers')
    // What an async listener rejects with.
    this.#emitter.on('error', (error) => channel.crash(error))
    const { log, backlog, endpoint, socket, signal } = channel
    const { peers, turns, limits, clock, budget } = socket
    this.#session = new PeerSession({
      owner: { userId, topic: channel.topic, socket },
      factory: peers.factory ?? undefined,
      iceServers: this.#ownIceServers && (() => this.#relays()),
      turns,
      limits,
      clock,
      budget,
      log,
      backlog,
      hooks,
      onData: onData && tracedData(channel, onData),
      stats: endpoint.stats.peers,
      // From native callbacks and timers.
      push: guard(log, 'a listener of a peer failed', this.#tell.bind(this), (error) => channel.crash(error)),
      onPeer: (hasPeer) => {
        this.#hadPeer = true
        if (hasPeer) endpoint.peers.add(userId, this, socket, clock.date())
        else endpoint.peers.delete(userId, this)
      }
    })
    if (signal.aborted) this.end()
    else signal.addEventListener('abort', () => this.end(), { once: true })
  }

  get connectionState(): PeerState | 'new' {
    return this.#session.state ?? (this.#hadPeer || this.#ended ? 'closed' : 'new')
  }

  on<Name extends keyof PeerEventMap>(name: Name, listener: (...args: PeerEventMap[Name]) => void): this {
    this.#emitter.on(name, listener)
    return this
  }

  off<Name extends keyof PeerEventMap>(name: Name, listener: (...args: PeerEventMap[Name]) => void): this {
    this.#emitter.off(name, listener)
    return this
  }

  handleOffer(offer: unknown): Promise<Reply> {
    return this.#session.offer(offer)
  }

  addIceCandidate(candidate: unknown): Reply {
    return this.#session.candidate(candidate)
  }

  receiveData(payload: unknown): Reply {
    return this.#session.receive(payload, this.#channel.socket.transport)
  }

  sendData(label: string, data: string | Uint8Array, options?: SendDataOptions): SendDataResult {
    return this.#session.sendData(label, data, options)
  }

  iceConfig(): IceConfig {
    const { peers, clock } = this.#channel.socket
    return (this.#ownIceServers ?? peers.iceServers).forClient(this.#userId, clock.date())
  }

  getStats(): PeerReport | null {
    return this.#session.getStats()
  }

  close(reason?: string): void {
    this.#session.close(reason)
  }

  /** As {@link close}, asked for by the client: what it does is no news for the log. */
  closeForClient(): Reply {
    return this.#session.closePeer()
  }

  /** Where data for the client goes. */
  get sink(): DataSink {
    return this.#session
  }

  #relays(): PeerIceServer[] {
    return this.#ownIceServers?.forPeer(this.#channel.socket.clock.date()) ?? []
  }

  #tell(event: string, payload: object, options?: { dropStale?: string | undefined }): void {
    const name = eventNames.get(event)
    if (name === undefined) this.#channel.push(event, payload, options)
    else this.#emit(name, payload)
  }

  #emit(name: keyof PeerEventMap, payload: object): void {
    this.#emitter.emit(name, payload)
  }

  /** Its channel has ended. May be called again. */
  end(): void {
    this.#ended = true
    const { hasPeer } = this.#session
    this.#session.end()
    if (hasPeer) this.#emit('state', { state: 'closed' })
  }
}

const demand = demandWith(InvalidOption, 'createPeer.')
const optionNames = new Set(['userId', 'iceServers', 'onData'])

/**
 * Gives a channel a WebRTC peer of its own: a match, a call, whatever is joined. What the client sends goes into it,
 * and what it tells goes to the client, under any names. It ends when the channel ends or its client goes.
 *
 *     const peer = createPeer(channel, { userId, onData: (label, data) => play(label, data) })
 *     peer.on('answer', (answer) => channel.push('answer', answer))
 *     peer.on('ice', (candidate) => channel.push('ice', candidate))
 *
 * @param channel as `join` or another handler was given it
 * @throws PHX_ERR_OPTION_INVALID for what is no channel, and for options that are none.
 */
export function createPeer(channel: Channel<object>, options: CreatePeerOptions): ChannelPeer {
  if (!(channel instanceof ChannelBase)) {
    throw new InvalidOption('channel', `must be the channel of a handler, not ${describe(channel)}`)
  }
  demandRecord(InvalidOption, 'createPeer', options)
  demandKnown(demand, options, optionNames)
  const { userId, iceServers, onData } = options
  demand('userId', typeof userId === 'string' && userId !== '', 'must be a string that is not empty')
  demand('onData', onData === undefined || typeof onData === 'function', 'must be a function')
  return new SessionPeer(channel, { userId, iceServers, onData })
}
