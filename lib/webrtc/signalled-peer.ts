import type { PeerConnection, PeerEvents, PeerFactory, PeerIceServer } from '../peers/peer-factory.js'
import type { PeerReport, PeerState } from '../peers/peer-report.js'
import { PeerCounters } from '../peers/peer-stats.js'
import { type Push, peerEvents } from '../protocol/peer-events.js'
import type { Clock, Timer } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import { formatCandidate, type IceCandidate } from './candidates.js'
import { DataChannels, type DataChannelsOptions } from './data-channels.js'
import { maxCandidates, type Offer } from './offer-sdp.js'
import { type PeerOwner, PeerStory, tellPeerRate } from './peer-told.js'

/**
 * Milliseconds for which the client's candidates are held back after the answer was sent.
 *
 * The server is the DTLS client and says hello as soon as its own ICE is connected. A client that
 * is not connected itself by then loses the message, and it is sent again only after a second.
 * While the server knows no candidate, it is the client that sends the first check; the server
 * learns its address from that and is connected one round trip after the client, whose DTLS is
 * ready by then. Where the client's checks cannot reach the server, the candidates still come.
 */
export const candidateHoldMs = 300

export interface SignalledPeerOptions
  extends Omit<DataChannelsOptions, 'onOpen' | 'onClosed' | 'onRateLimited' | 'onQueueFull'> {
  /** Whose peer it is. */
  owner: PeerOwner
  factory: PeerFactory
  /** In place of those that the factory was made with. */
  iceServers?: readonly PeerIceServer[] | undefined
  clock: Clock
  log: Logger
  /** Counts what goes through this peer among others. */
  stats: PeerCounters
  push: Push
  /** The peer ended by itself or because of what its client did; it is freed already. */
  onEnd(peer: SignalledPeer): void
}

/**
 * One peer with its signalling, from the offer to its end. What it pushes comes in an order that a
 * client can rely on: the reply to the offer, the answer, then candidates, states and channels.
 */
export class SignalledPeer {
  readonly channels: DataChannels
  readonly #options: SignalledPeerOptions
  readonly #offer: Offer
  readonly #connection: PeerConnection
  readonly #stats: PeerCounters
  readonly #story: PeerStory
  /** Pushes that wait for the answer to go out. */
  #held: [event: string, payload: object][] = []
  /** The client's candidates, until the library gets them; undefined afterwards. */
  #candidates: string[] | undefined = []
  readonly #knownCandidates = new Set<string>()
  #timer: Timer | undefined
  #answer: string | undefined
  #replied = false
  #answered = false
  #state: PeerState | undefined
  #ended = false
  #closedIsOwed = false

  /** Throws `PHX_ERR_WEBRTC_INVALID_SDP`; nothing is left of the peer then. */
  constructor(options: SignalledPeerOptions, offer: Offer) {
    this.#options = options
    this.#offer = offer
    this.#stats = new PeerCounters(options.stats)
    this.#story = new PeerStory(options.owner, this, this.#knownCandidates, options.clock)
    this.channels = new DataChannels({
      ...options,
      stats: this.#stats,
      onOpen: (label) => {
        // The library tells of both in any order; a client may rely on this one.
        this.#changeState('connected')
        this.#push(peerEvents.channelOpen, { channel: label })
      },
      onClosed: (label) => this.#push(peerEvents.channelClosed, { channel: label }),
      onRateLimited: () => {
        tellPeerRate(options.owner, 'dataChannelMessages')
        this.#push(peerEvents.state, { state: 'rate_limited' })
        this.#finish()
      },
      onQueueFull: () => this.#finish()
    })
    const events: PeerEvents = {
      onAnswer: (sdp) => {
        this.#answer = offer.toAnswer(sdp)
        this.#sendAnswer()
      },
      onCandidate: (candidate, dataMid) => {
        const { index: sdpMLineIndex, mid: sdpMid = dataMid } = offer.transportSection
        this.#story.offered(candidate)
        this.#push(peerEvents.ice, { candidate, sdpMid, sdpMLineIndex })
      },
      onState: (state) => this.#changeState(state),
      onDataChannel: (channel) => this.channels.accept(channel)
    }
    this.#connection = options.factory.create(events, options.iceServers)
    try {
      this.#connection.setOffer(offer.sdp)
    } catch (err) {
      this.discard()
      throw err
    }
    this.#story.begin()
  }

  get state(): PeerState {
    return this.#state ?? 'connecting'
  }

  get hasEnded(): boolean {
    return this.#ended
  }

  /** What there is to know of the peer now. */
  report(): PeerReport {
    const { messagesIn, messagesOut, dropped } = this.#stats
    return {
      state: this.state,
      ...this.#connection.stats(),
      messagesIn,
      messagesOut,
      dropped: { ...dropped },
      dataChannels: this.channels.report()
    }
  }

  /** The reply to the offer has gone out: from now on there may be pushes. */
  replied(): void {
    this.#replied = true
    if (this.#closedIsOwed) this.#pushClosed()
    else this.#sendAnswer()
  }

  /** Counts a candidate of the client that is left out on purpose. */
  ignoreCandidate(candidate?: string, why?: string): void {
    this.#stats.drop('candidate_ignored')
    if (candidate !== undefined && why !== undefined) this.#story.ignored(candidate, why)
  }

  /** Takes a candidate of the client; `usernameFragment` names the ICE session it belongs to. */
  addCandidate(candidate: IceCandidate, usernameFragment?: string): void {
    const text = formatCandidate(candidate)
    const isStale = usernameFragment !== undefined && !this.#offer.usernameFragments.has(usernameFragment)
    if (isStale) return this.ignoreCandidate(text, 'of another session')
    if (this.#knownCandidates.has(text)) return this.ignoreCandidate()
    if (this.#knownCandidates.size >= maxCandidates) return this.ignoreCandidate(text, 'too many')
    this.#knownCandidates.add(text)
    if (this.#candidates === undefined) this.#giveCandidate(text)
    else this.#candidates.push(text)
  }

  /** Ends the peer and tells the client so. */
  close(): void {
    if (this.#ended) return
    this.channels.end()
    this.discard()
    if (this.#replied) this.#pushClosed()
    else this.#closedIsOwed = true
  }

  /** Ends the peer without a word: nothing of it is pushed any more. */
  discard(): void {
    this.#ended = true
    this.#story.changed('closed')
    this.#closedIsOwed = false
    this.#held = []
    this.#candidates = undefined
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer)
    this.channels.end()
    this.#connection.close()
  }

  #changeState(state: PeerState): void {
    if (this.#ended || state === this.#state) return
    if (state === 'connecting' && this.#state === 'connected') return
    this.#state = state
    this.#story.changed(state)
    if (state !== 'closed') this.#push(peerEvents.state, { state })
    // There is no ICE restart: a peer that lost its client never comes back, a new offer does.
    if (state === 'closed' || state === 'disconnected' || state === 'failed') this.#finish()
  }

  #finish(): void {
    if (this.#ended) return
    this.close()
    this.#options.onEnd(this)
  }

  #sendAnswer(): void {
    const { push, clock } = this.#options
    if (this.#ended || this.#answered || !this.#replied || this.#answer === undefined) return
    this.#answered = true
    push(peerEvents.answer, { type: 'answer', sdp: this.#answer })
    const held = this.#held
    this.#held = []
    for (const [event, payload] of held) this.#push(event, payload)
    // A push that fails may end the join, and with it this peer, before this line.
    if (!this.#ended) this.#timer = clock.setTimeout(() => this.#giveCandidates(), candidateHoldMs)
  }

  #giveCandidates(): void {
    const candidates = this.#candidates ?? []
    this.#candidates = undefined
    for (const candidate of candidates) this.#giveCandidate(candidate)
  }

  #giveCandidate(candidate: string): void {
    try {
      this.#connection.addCandidate(candidate)
    } catch (err) {
      this.ignoreCandidate(candidate, 'not taken by the library')
      this.#options.log.debug({ err, candidate }, 'the library does not take a candidate')
    }
  }

  #pushClosed(): void {
    this.#closedIsOwed = false
    this.#options.push(peerEvents.state, { state: 'closed' })
  }

  #push(event: string, payload: object): void {
    if (this.#ended) return
    if (this.#answered) this.#options.push(event, payload)
    else this.#held.push([event, payload])
  }
}
