import { InvalidCandidate, InvalidSdp, PeerAddressUnavailable } from '../errors.js'
import { guardedClock } from '../guard.js'
import type { PeerConnection, PeerEvents, PeerIceServer } from '../peers/peer-factory.js'
import type { PeerState } from '../peers/peer-report.js'
import { type CandidateReport, type ConnectionReport, unknownConnection } from '../peers/peer-report.js'
import type { Clock } from '../time/clock.js'
import type { BindWatch } from './bind-watch.js'
import { advertiseCandidate } from './candidates.js'
import { Gathering } from './gathering.js'
import { type LocalDescription, readLocalDescription } from './local-description.js'
import { type ChannelContext, NativeDataChannel } from './native-data-channel.js'
import {
  guard,
  type NativeCandidate,
  type NativeChannel,
  type NativePeerConnection
} from './native-library.js'

/** What all peers of one factory share. */
export interface NativeContext extends ChannelContext {
  create(iceServers: readonly PeerIceServer[] | undefined): NativePeerConnection
  /** What host candidates are rewritten to; none leaves them as they are. */
  readonly publicIps: readonly string[]
  /** Whether relayed candidates alone are told to clients and taken from them. */
  readonly relayOnly: boolean
  readonly binds: Pick<BindWatch, 'failed' | 'succeeded'>
  readonly clock: Clock
  closed(peer: NativePeer): void
}

/** Part of the library's message when it finds no port to bind. */
const cannotBind = 'gather local ICE candidates'

const states = new Set<string>(['connecting', 'connected', 'disconnected', 'failed', 'closed'])

/** A peer connection of node-datachannel. */
export class NativePeer implements PeerConnection {
  readonly #context: NativeContext
  readonly #events: PeerEvents
  readonly #native: NativePeerConnection
  /** Host candidates that were rewritten: several of one machine may become the same. */
  readonly #advertised = new Set<string>()
  /** How many candidates were told, or left out. */
  #told = 0
  #gathering: Gathering | undefined
  #closed = false

  constructor(context: NativeContext, events: PeerEvents, iceServers?: readonly PeerIceServer[]) {
    const { log, handles } = context
    this.#context = context
    this.#events = events
    const native = context.create(iceServers)
    this.#native = native
    handles.add(native)
    // No more callbacks than these two, which it cannot do without: each costs every message of the process a little.
    native.onStateChange(
      guard(log, (state) => {
        if (!this.#closed && isPeerState(state)) events.onState(state)
        if (state === 'closed') handles.delete(native)
      })
    )
    native.onDataChannel(guard(log, (channel) => this.#dataChannel(channel)))
  }

  setOffer(sdp: string): void {
    try {
      this.#native.setRemoteDescription(sdp, 'offer')
      this.#context.binds.succeeded()
    } catch (err) {
      const problem = messageOf(err)
      // Every port of the range is taken, or the address has gone: nothing the client could help.
      if (problem.includes(cannotBind)) {
        this.#context.binds.failed()
        throw new PeerAddressUnavailable('a UDP port', problem, { cause: err })
      }
      throw new InvalidSdp(problem)
    }
    this.#answer()
  }

  addCandidate(candidate: string): void {
    // The library would check it from the bound address, past any relay.
    if (this.#context.relayOnly && !candidate.endsWith(' typ relay')) return
    try {
      // Without a mid the library takes that of the bundle, which is the one transport there is.
      this.#native.addRemoteCandidate(candidate, '')
    } catch (err) {
      throw new InvalidCandidate(messageOf(err))
    }
  }

  stats(): ConnectionReport {
    if (this.#closed) return unknownConnection
    try {
      return readConnection(this.#native)
    } catch {
      // The library may have ended it on another thread meanwhile.
      return unknownConnection
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#gathering?.stop()
    this.#context.closed(this)
    guard(this.#context.log, () => this.#native.close())()
  }

  /** By the time the library has taken the offer it has its answer, and the addresses of this machine. */
  #answer(): void {
    const { log, clock } = this.#context
    // Asked first: what is found between the two is in the description.
    const isComplete = this.#isGathered
    const description = this.#native.localDescription()
    if (description === null) throw new InvalidSdp('the library has no answer to it')
    const { sdp, ...found } = readLocalDescription(description.sdp)
    this.#events.onAnswer(sdp)
    this.#tell(found)
    if (isComplete || this.#closed) return
    this.#gathering = new Gathering(guardedClock(clock, log), () => this.#lookForMore())
  }

  /** Returns whether still more may come. */
  #lookForMore(): boolean {
    const isComplete = this.#isGathered
    const description = this.#native.localDescription()
    if (description !== null) this.#tell(readLocalDescription(description.sdp))
    return !isComplete && !this.#closed
  }

  get #isGathered(): boolean {
    return this.#native.gatheringState() === 'complete'
  }

  /** Tells of the candidates that are new. */
  #tell({ candidates, mid }: Pick<LocalDescription, 'candidates' | 'mid'>): void {
    const found = candidates.slice(this.#told)
    this.#told = candidates.length
    for (const candidate of found) this.#candidate(candidate, mid)
  }

  #candidate(candidate: string, mid: string): void {
    if (this.#closed) return
    const { publicIps } = this.#context
    if (publicIps.length === 0) {
      this.#events.onCandidate(candidate, mid)
      return
    }
    const advertised = advertiseCandidate(candidate, publicIps)
    if (advertised === undefined) return
    const endpoint = advertised.split(' ').slice(4, 8).join(' ')
    if (this.#advertised.has(endpoint)) return
    this.#advertised.add(endpoint)
    this.#events.onCandidate(advertised, mid)
  }

  #dataChannel(native: NativeChannel): void {
    const channel = new NativeDataChannel(native, this.#context)
    if (this.#closed) channel.close()
    else this.#events.onDataChannel(channel)
  }
}

function readConnection(native: NativePeerConnection): ConnectionReport {
  const pair = native.getSelectedCandidatePair()
  const roundTripTimeMs = native.rtt()
  return {
    selectedCandidatePair: pair && { local: readCandidate(pair.local), remote: readCandidate(pair.remote) },
    // Below 0 before there is SCTP.
    roundTripTimeMs: roundTripTimeMs >= 0 ? roundTripTimeMs : null,
    bytesSent: native.bytesSent(),
    bytesReceived: native.bytesReceived()
  }
}

function readCandidate({ address, port, type, transportType }: NativeCandidate): CandidateReport {
  return { address, port, type, protocol: transportType.toLowerCase() }
}

function isPeerState(state: string): state is PeerState {
  return states.has(state)
}

function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err)
}
