import type { Clock } from '../clock.js'
import { InvalidSdp } from '../errors.js'
import type { CallTransport } from '../hooks/types.js'
import type { Limits } from '../limits.js'
import type { Logger } from '../logger.js'
import type { UserBudget } from '../user-budgets.js'
import { readCandidate } from './candidates.js'
import { type DataHandler, deliverData } from './data-channels.js'
import { maxLabelBytes, type Push, peerEvents, rpcLabel } from './events.js'
import { type Offer, readOffer } from './offer.js'
import type { PeerFactory } from './peer-factory.js'
import { PeerStats } from './peer-stats.js'
import { type HookCalls, type RpcReceiver, RpcResponder } from './rpc.js'
import { jsonCodec } from './rpc-json.js'
import { SignalledPeer } from './signalled-peer.js'

/** What a channel replies to a message of its client. */
export interface ChannelReply {
  status: 'ok' | 'error'
  response: object
}

export interface PeerSessionOptions {
  /** Makes the peers; without one WebRTC is off and offers are answered `webrtc_disabled`. */
  factory?: PeerFactory | undefined
  limits: Limits
  budget: UserBudget
  clock: Clock
  log: Logger
  /** Pushes to the client's channel. */
  push: Push
  hooks: HookCalls
  /** Where to count, for sessions that count together. Default: a count of its own. */
  stats?: PeerStats | undefined
  /** The application's handler for what arrives on other labels than `events`. */
  onData?: DataHandler | undefined
}

/**
 * All that WebRTC means to one join of a user channel: at most one peer at a time, its signalling,
 * its DataChannels, and the way around them over the channel. Methods answer with the reply to the
 * client's message, which the caller sends in the same turn of the event loop: pushes that belong
 * to an offer start in the next one.
 */
export class PeerSession {
  /** Where this session counts. */
  readonly stats: PeerStats
  readonly #options: PeerSessionOptions
  readonly #push: Push
  #peer: SignalledPeer | undefined
  #fallbackRpc: RpcReceiver | undefined
  #ended = false

  constructor(options: PeerSessionOptions) {
    this.#options = options
    this.stats = options.stats ?? new PeerStats()
    this.#push = (event, payload) => {
      if (!this.#ended) options.push(event, payload)
    }
  }

  /** Whether there is a peer that has not ended. */
  get hasPeer(): boolean {
    return this.#peer !== undefined
  }

  /**
   * `webrtc:offer` `{sdp, type: 'offer'}`. Makes a peer that takes the place of the one before; an
   * offer that is turned down leaves that one alone.
   */
  offer(payload: unknown): ChannelReply {
    const { factory, log } = this.#options
    if (factory === undefined || this.#ended) return refuse('webrtc_disabled')
    let peer: SignalledPeer
    try {
      const offer = readOfferPayload(payload)
      peer = this.#createPeer(factory, offer)
      this.#addOfferedCandidates(peer, offer)
    } catch (err) {
      if (err instanceof InvalidSdp) {
        log.debug({ err }, 'offer turned down')
        return refuse('invalid_sdp')
      }
      log.error({ err }, 'cannot create a peer')
      return refuse('internal_error')
    }
    this.#peer?.discard()
    this.#peer = peer.hasEnded ? undefined : peer
    this.stats.peers++
    setImmediate(() => peer.replied())
    return accept()
  }

  /** `webrtc:ice`: one candidate of the client, kept until the peer can use it. */
  candidate(payload: unknown): ChannelReply {
    const { budget, clock } = this.#options
    const peer = this.#peer
    if (peer === undefined) return refuse('no_webrtc_session')
    // Before anything is read: what is over the limit costs next to nothing.
    if (!budget.iceCandidates.hit(clock.now())) return refuse('ice_rate_limited')
    const reading = readCandidate(payload)
    if (reading.kind === 'invalid') return refuse('invalid_candidate')
    if (reading.kind === 'valid') peer.addCandidate(reading.candidate, reading.usernameFragment)
    else if (reading.kind === 'ignored') this.stats.drop('candidate_ignored')
    return accept()
  }

  /**
   * `webrtc:send` `{channel, data}`: handles `data` as if it had come as a text message on the
   * DataChannel of that label. It counts as an event of the user, not as a DataChannel message.
   *
   * @param transport what the channel's socket is connected over, which hooks are told
   */
  receive(payload: unknown, transport: CallTransport): ChannelReply {
    const { limits, onData, log } = this.#options
    if (typeof payload !== 'object' || payload === null) return refuse('invalid_payload')
    const { channel, data } = payload as Record<string, unknown>
    if (typeof data !== 'string' || typeof channel !== 'string') return refuse('invalid_payload')
    if (Buffer.byteLength(channel) > maxLabelBytes) return refuse('invalid_payload')

    this.stats.messagesIn++
    const bytes = Buffer.byteLength(data)
    const limit = limits.dataChannelMessageBytes
    if (limit !== 0 && bytes > limit) this.stats.drop('too_large')
    else if (channel === rpcLabel) this.#rpc.receive(data, bytes, transport)
    else if (onData === undefined) this.stats.drop('unhandled')
    else deliverData(onData, channel, data, log)
    return accept()
  }

  /** `webrtc:close`: ends the peer, if there is one. */
  closePeer(): ChannelReply {
    const peer = this.#peer
    this.#peer = undefined
    peer?.close()
    return accept()
  }

  /**
   * Sends to the open DataChannel of that label, the newest where there are several; without one
   * it goes out as `webrtc:data` over the channel. There a string is `data` as it is; bytes are
   * `data` in base64, with `encoding: 'base64'` beside it.
   *
   * A DataChannel whose client does not read what it was sent gets nothing more until it does.
   */
  sendData(label: string, data: string | Uint8Array): void {
    const channels = this.#peer?.channels
    const channel = channels?.find(label)
    if (channels !== undefined && channel !== undefined) channels.send(channel, data)
    else if (typeof data === 'string') this.#push(peerEvents.data, { channel: label, data })
    else this.#push(peerEvents.data, { channel: label, data: toBase64(data), encoding: 'base64' })
  }

  /** The join has ended: frees everything, and nothing is pushed any more. May be called again. */
  end(): void {
    this.#ended = true
    const peer = this.#peer
    this.#peer = undefined
    peer?.discard()
  }

  #createPeer(factory: PeerFactory, offer: Offer): SignalledPeer {
    const { limits, budget, clock, log, hooks, onData } = this.#options
    return new SignalledPeer(
      {
        factory,
        limits,
        budget,
        clock,
        log,
        stats: this.stats,
        hooks,
        onData,
        maxMessageSize: factory.maxMessageSize,
        push: this.#push,
        onEnd: (peer) => {
          if (this.#peer === peer) this.#peer = undefined
        }
      },
      offer
    )
  }

  /** Candidates that came inside the offer count like those that are sent one by one. */
  #addOfferedCandidates(peer: SignalledPeer, offer: Offer): void {
    const { budget, clock } = this.#options
    this.stats.dropped.candidate_ignored += offer.ignoredCandidates
    for (const candidate of offer.candidates) {
      if (budget.iceCandidates.hit(clock.now())) peer.addCandidate(candidate)
      else this.stats.drop('candidate_ignored')
    }
  }

  /** Answers calls that came over the channel; made when the first one does. */
  get #rpc(): RpcReceiver {
    this.#fallbackRpc ??= new RpcResponder({
      codec: jsonCodec,
      hooks: this.#options.hooks,
      stats: this.stats,
      log: this.#options.log,
      maxReplyBytes: Number.POSITIVE_INFINITY,
      send: (reply) => this.#push(peerEvents.data, { channel: rpcLabel, data: reply })
    })
    return this.#fallbackRpc
  }
}

function readOfferPayload(payload: unknown): Offer {
  if (typeof payload !== 'object' || payload === null) throw new InvalidSdp('no object')
  const { sdp, type } = payload as Record<string, unknown>
  if (type !== 'offer') throw new InvalidSdp('no offer')
  return readOffer(sdp)
}

function toBase64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
}

function accept(): ChannelReply {
  return { status: 'ok', response: {} }
}

function refuse(error: string): ChannelReply {
  return { status: 'error', response: { error } }
}
