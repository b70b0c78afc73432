import type { Reply } from '../channel/channel.js'
import { errorReply } from '../channel/results.js'
import { DataMessage, type SendDataOptions, type SendDataResult } from '../data/message.js'
import { InvalidSdp, WebRtcUnavailable } from '../errors.js'
import { guard } from '../guard.js'
import type { CallTransport } from '../hooks/types.js'
import type { Limits } from '../limits/limits.js'
import type { Turns } from '../limits/turns.js'
import type { UserBudget } from '../limits/user-budgets.js'
import type { PeerFactory, PeerIceServer } from '../peers/peer-factory.js'
import type { UserPeer } from '../peers/peer-registry.js'
import type { PeerReport, PeerState } from '../peers/peer-report.js'
import { PeerCounters } from '../peers/peer-stats.js'
import { maxLabelBytes, type Push, peerEvents, rpcLabel } from '../protocol/peer-events.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import { formatCandidate, readCandidate } from './candidates.js'
import { type DataHandler, deliverData } from './data-handler.js'
import { type Offer, readOffer } from './offer-sdp.js'
import { type PeerOwner, tellPeerRate } from './peer-told.js'
import { type RpcBacklog, type RpcReceiver, RpcResponder } from './rpc.js'
import type { BranchingHookCalls } from './rpc-codec.js'
import { jsonCodec } from './rpc-json.js'
import { SignalledPeer } from './signalled-peer.js'

export interface PeerSessionOptions {
  /** Whose peers they are. */
  owner: PeerOwner
  /** Makes the peers; without one, or where its library does not load, offers are answered `webrtc_disabled`. */
  factory?: PeerFactory | undefined
  /** Where offers wait for each other, those of all clients: a peer takes a millisecond or two to make. */
  turns: Turns
  limits: Limits
  budget: UserBudget
  clock: Clock
  log: Logger
  /** Pushes to the client's channel. */
  push: Push
  /** Answer calls on the DataChannel `events`; without any it is a DataChannel as others are. */
  hooks?: BranchingHookCalls | undefined
  /** What a peer uses in place of what the factory was made with. */
  iceServers?: (() => readonly PeerIceServer[]) | undefined
  /** Where answers count that wait for earlier ones. */
  backlog?: RpcBacklog | undefined
  /** Told when the session has a peer, and when it has none any more. */
  onPeer?: ((hasPeer: boolean) => void) | undefined
  /** Where to count, for sessions that count together. Default: a count of its own. */
  stats?: PeerCounters | undefined
  /** The application's handler for what arrives on other labels than `events`. */
  onData?: DataHandler | undefined
}

/**
 * All that WebRTC means to one join of a user channel: at most one peer at a time, its signalling,
 * its DataChannels, and the way around them over the channel. Methods answer with the reply to the
 * client's message, which the caller sends in the same turn of the event loop: pushes that belong
 * to an offer start in the next one.
 */
export class PeerSession implements UserPeer {
  /** Where this session counts. */
  readonly stats: PeerCounters
  readonly #options: PeerSessionOptions
  readonly #push: Push
  #peer: SignalledPeer | undefined
  #fallbackRpc: RpcReceiver | undefined
  #ended = false

  constructor(options: PeerSessionOptions) {
    this.#options = options
    this.stats = options.stats ?? new PeerCounters()
    this.#push = (event, payload, pushOptions) => {
      if (!this.#ended) options.push(event, payload, pushOptions)
    }
  }

  /** Of the peer; undefined while there is none. */
  get state(): PeerState | undefined {
    return this.#peer?.state
  }

  /** Whether there is a peer that has not ended. */
  get hasPeer(): boolean {
    return this.#peer !== undefined
  }

  /**
   * `webrtc:offer` `{sdp, type: 'offer'}`. Makes a peer that takes the place of the one before; an
   * offer that is turned down leaves that one alone.
   */
  async offer(payload: unknown): Promise<Reply> {
    const { factory, budget, clock, turns } = this.#options
    if (factory === undefined || this.#ended) return errorReply('webrtc_disabled')
    // Before anything is read: what is over the limit costs next to nothing.
    if (!budget.hit('offers', clock.now())) {
      tellPeerRate(this.#options.owner, 'offers')
      return errorReply('rate_limited')
    }
    return turns.take(() => this.#takeOffer(factory, payload))
  }

  /** `webrtc:ice`: one candidate of the client, kept until the peer can use it. */
  candidate(payload: unknown): Reply {
    const { budget, clock } = this.#options
    const peer = this.#peer
    if (peer === undefined) return errorReply('no_webrtc_session')
    // Before anything is read: what is over the limit costs next to nothing.
    if (!budget.hit('iceCandidates', clock.now())) {
      tellPeerRate(this.#options.owner, 'iceCandidates')
      return errorReply('ice_rate_limited')
    }
    const reading = readCandidate(payload)
    if (reading.kind === 'invalid') return errorReply('invalid_candidate')
    if (reading.kind === 'valid') peer.addCandidate(reading.candidate, reading.usernameFragment)
    else if (reading.kind === 'ignored') {
      peer.ignoreCandidate(String((payload as { candidate?: unknown }).candidate), reading.why)
    }
    return accept()
  }

  /**
   * `webrtc:send` `{channel, data}`: handles `data` as if it had come as a text message on the
   * DataChannel of that label. It counts as an event of the user, not as a DataChannel message.
   *
   * @param transport what the channel's socket is connected over, which hooks are told
   */
  receive(payload: unknown, transport: CallTransport): Reply {
    const { limits, hooks, onData, log } = this.#options
    if (typeof payload !== 'object' || payload === null) return errorReply('invalid_payload')
    const { channel, data } = payload as Record<string, unknown>
    if (typeof data !== 'string' || typeof channel !== 'string') return errorReply('invalid_payload')
    if (Buffer.byteLength(channel) > maxLabelBytes) return errorReply('invalid_payload')

    const bytes = Buffer.byteLength(data)
    this.stats.received(bytes)
    const limit = limits.dataChannelMessageBytes
    if (limit !== 0 && bytes > limit) this.stats.drop('too_large')
    else if (channel === rpcLabel && hooks !== undefined) this.#rpcOf(hooks).receive(data, bytes, transport)
    else if (onData === undefined) this.stats.drop('unhandled')
    else deliverData(onData, channel, data, log)
    return accept()
  }

  /** `webrtc:close`: ends the peer, if there is one. */
  closePeer(): Reply {
    const peer = this.#peer
    this.#setPeer(undefined)
    peer?.close()
    return accept()
  }

  getStats(): PeerReport | null {
    return this.#peer?.report() ?? null
  }

  close(reason = 'closed by the application'): void {
    if (this.#peer === undefined) return
    this.#options.log.info({ reason }, 'a WebRTC peer is closed')
    this.closePeer()
  }

  /** As {@link deliver}, for data that goes nowhere else. Throws as the constructor of {@link DataMessage} does. */
  sendData(label: string, data: string | Uint8Array, options?: SendDataOptions): SendDataResult {
    const message = new DataMessage(label, data, options)
    this.deliver(message)
    return message.result
  }

  /**
   * Sends to the open DataChannel of the message's label, the newest where there are several; without
   * one that takes its size it goes out as `webrtc:data` over the channel, where the message may. There a string is `data`
   * as it is; bytes are `data` in base64, with `encoding: 'base64'` beside it.
   *
   * While more than `limits.queuedBytes` wait for the client since earlier turns of the event loop, it gets
   * nothing more, see {@link SendDataOptions}.
   */
  deliver(message: DataMessage): void {
    if (this.#ended) return
    const outcome = this.#peer?.channels.send(message)
    if (outcome === undefined) deliverWithoutPeer(message, this.stats, this.#push)
    else message.result[outcome]++
  }

  /** The join has ended: frees everything, and nothing is pushed any more. May be called again. */
  end(): void {
    this.#ended = true
    const peer = this.#peer
    this.#setPeer(undefined)
    peer?.discard()
    this.#fallbackRpc?.end()
  }

  #takeOffer(factory: PeerFactory, payload: unknown): Reply {
    const { log } = this.#options
    // The join may have ended while the offer waited.
    if (this.#ended) return errorReply('webrtc_disabled')
    let peer: SignalledPeer
    try {
      const offer = readOfferPayload(payload)
      peer = this.#createPeer(factory, offer)
      this.#addOfferedCandidates(peer, offer)
    } catch (err) {
      if (err instanceof InvalidSdp) {
        log.debug({ err }, 'offer turned down')
        return errorReply('invalid_sdp')
      }
      if (err instanceof WebRtcUnavailable) return errorReply('webrtc_disabled')
      log.error({ err }, 'cannot create a peer')
      return errorReply('internal_error')
    }
    this.#peer?.discard()
    this.#setPeer(peer.hasEnded ? undefined : peer)
    this.stats.peers++
    setImmediate(guard(log, 'cannot go on with an offer', () => peer.replied()))
    return accept()
  }

  #setPeer(peer: SignalledPeer | undefined): void {
    const hadPeer = this.hasPeer
    this.#peer = peer
    if (hadPeer !== this.hasPeer) this.#options.onPeer?.(this.hasPeer)
  }

  #createPeer(factory: PeerFactory, offer: Offer): SignalledPeer {
    const { owner, limits, budget, clock, turns, log, hooks, backlog, onData, iceServers } = this.#options
    return new SignalledPeer(
      {
        owner,
        factory,
        iceServers: iceServers?.(),
        limits,
        budget,
        clock,
        turns,
        log,
        stats: this.stats,
        hooks,
        backlog,
        onData,
        maxMessageSize: factory.maxMessageSize,
        push: this.#push,
        onEnd: (peer) => {
          if (this.#peer === peer) this.#setPeer(undefined)
        }
      },
      offer
    )
  }

  /** Candidates that came inside the offer count like those that are sent one by one. */
  #addOfferedCandidates(peer: SignalledPeer, offer: Offer): void {
    const { owner, budget, clock } = this.#options
    for (const { candidate, why } of offer.passedOver) peer.ignoreCandidate(candidate, why)
    for (let i = offer.passedOver.length; i < offer.ignoredCandidates; i++) peer.ignoreCandidate()
    for (const candidate of offer.candidates) {
      if (budget.hit('iceCandidates', clock.now())) peer.addCandidate(candidate)
      else {
        tellPeerRate(owner, 'iceCandidates')
        peer.ignoreCandidate(formatCandidate(candidate), 'over limits.iceCandidates')
      }
    }
  }

  /** Answers calls that came over the channel; made when the first one does. */
  #rpcOf(hooks: BranchingHookCalls): RpcReceiver {
    this.#fallbackRpc ??= new RpcResponder({
      codec: jsonCodec,
      hooks,
      stats: this.stats,
      log: this.#options.log,
      backlog: this.#options.backlog,
      maxReplyBytes: Number.POSITIVE_INFINITY,
      send: (reply) => this.#push(peerEvents.data, { channel: rpcLabel, data: reply })
    })
    return this.#fallbackRpc
  }
}

/** What {@link PeerSession.deliver} does where no DataChannel takes it; it takes no session. */
export function deliverWithoutPeer(message: DataMessage, stats: PeerCounters, push: Push): void {
  const { result } = message
  if (message.hasFallback) {
    stats.fallbacks++
    result.pushed++
    push(peerEvents.data, message.json, { dropStale: message.staleName })
  } else {
    stats.drop('no_channel')
    result.dropped++
  }
}

function readOfferPayload(payload: unknown): Offer {
  if (typeof payload !== 'object' || payload === null) throw new InvalidSdp('no object')
  const { sdp, type } = payload as Record<string, unknown>
  if (type !== 'offer') throw new InvalidSdp('no offer')
  return readOffer(sdp)
}

function accept(): Reply {
  return { status: 'ok', response: {} }
}
