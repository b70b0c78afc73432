import type { DropReason } from './peer-stats.js'

/** States a peer goes through (RTCPeerConnectionState, RFC 8829); `closed` is the last one. */
export type PeerState = 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed'

/** One end of the path that ICE chose (RTCIceCandidate in W3C WebRTC). */
export interface CandidateReport {
  /** IP address. */
  address: string
  port: number
  /** How it was found: `host`, `srflx`, `prflx` or `relay`. */
  type: string
  /** `udp` or `tcp`. */
  protocol: string
}

/** What the library tells of a connection; each part is null while, or once, it is not known. */
export interface ConnectionReport {
  selectedCandidatePair: { local: CandidateReport; remote: CandidateReport } | null
  /** Milliseconds, as SCTP measured it. */
  roundTripTimeMs: number | null
  /** Bytes that SCTP sent. */
  bytesSent: number | null
  /** Bytes that SCTP received. */
  bytesReceived: number | null
}

/** One open DataChannel. */
export interface DataChannelReport {
  label: string
  protocol: string
  /** Bytes that were sent and have not left yet. */
  bufferedAmount: number
}

/** What there is to know of one peer, as `getStats()` tells it in browsers: the moment it was asked for. */
export interface PeerReport extends ConnectionReport {
  /** `connecting` also before the library has said anything. */
  state: PeerState
  /** Messages that the client sent on DataChannels, the dropped ones included. */
  messagesIn: number
  /** Messages that were handed to DataChannels. */
  messagesOut: number
  /** What was dropped on the way in or out, by reason. */
  dropped: Readonly<Record<DropReason, number>>
  dataChannels: DataChannelReport[]
}

/** What is reported of a connection that nothing is known of. */
export const unknownConnection: ConnectionReport = Object.freeze({
  selectedCandidatePair: null,
  roundTripTimeMs: null,
  bytesSent: null,
  bytesReceived: null
})
