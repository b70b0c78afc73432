// The room of what everybody may know about WebRTC peers: who makes them, their state, counts and reports.
import type { ConnectionReport, PeerState } from './peer-report.js'

/** An RTCIceServer as browsers take it (W3C WebRTC). */
export interface IceServer {
  /** `stun:` and `turn:` URLs. */
  urls: string | string[]
  /** For TURN. */
  username?: string
  /** For TURN. */
  credential?: string
}

/** What `webrtc:config` is replied. */
export interface IceConfig {
  ice_servers: readonly IceServer[]
  /** Seconds until the first of the credentials ends; null when none does. */
  ttl: number | null
}

/** A STUN or TURN server as a peer of the server uses it. */
export interface PeerIceServer {
  hostname: string
  port: number
  username?: string
  password?: string
  relayType?: 'TurnUdp'
}

/**
 * What a peer connection tells its owner, in any order and also within `setOffer`: a candidate or a state may
 * come before the answer. None of these is called after `close()`.
 */
export interface PeerEvents {
  onAnswer(sdp: string): void
  /** `candidate` starts with `candidate:`, as browsers expect it. */
  onCandidate(candidate: string, sdpMid: string): void
  onState(state: PeerState): void
  /** A channel that the client made. Messages are held until its handlers are attached here. */
  onDataChannel(channel: PeerDataChannel): void
}

/** What a DataChannel tells its owner. None of these is called after `onClosed`. */
export interface DataChannelEvents {
  /** Called once, within `listen` when the channel is open already; not when it is closed by then. */
  onOpen(): void
  /** A text message is a string, a binary one a Buffer. */
  onMessage(data: string | Buffer): void
  onClosed(): void
}

/** One DataChannel of a peer. */
export interface PeerDataChannel {
  readonly label: string
  /** The sub-protocol that the client named when it made the channel. */
  readonly protocol: string
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number
  /** Bytes of the largest message that may be sent: what the client takes, and this side. */
  readonly maxMessageSize: number
  /** Attaches the handlers; called once, from within `onDataChannel`. */
  listen(events: DataChannelEvents): void
  /** Sends a message; false when the channel is not open any more or the library refused it. */
  send(data: string | Uint8Array): boolean
  close(): void
}

/** One WebRTC peer connection that answers the offers of one client. */
export interface PeerConnection {
  /**
   * Takes the client's offer; throws `PHX_ERR_WEBRTC_INVALID_SDP` when it cannot be parsed, and
   * `PHX_ERR_WEBRTC_BIND` when there is no port left to bind.
   */
  setOffer(sdp: string): void
  /**
   * Adds a candidate of the one transport there is; throws `PHX_ERR_WEBRTC_INVALID_CANDIDATE`. Only
   * IP addresses, please: a host name may be looked up.
   */
  addCandidate(candidate: string): void
  /** What is known of the connection now. Never throws, also after `close()`. */
  stats(): ConnectionReport
  /** Ends the connection and frees what it holds. May be called any number of times. */
  close(): void
}

/** Makes peer connections: node-datachannel in production, anything else in its place. */
export interface PeerFactory {
  /** `iceServers` are used in place of those that the factory was made with. */
  create(events: PeerEvents, iceServers?: readonly PeerIceServer[]): PeerConnection
  /** Bytes of the largest message that is received whole; one that is longer may arrive cut. */
  readonly maxMessageSize: number
  /** Peer connections that were made and not closed. */
  readonly size: number
  /** False from a peer that found nothing to bind until one does. */
  readonly canBind: boolean
  /** Closes all that are left. */
  close(): void
}

/** What the channels of one mount make peers with. */
export interface PeerSupply {
  /** Makes them; null when `webrtc` is off. */
  readonly factory: PeerFactory | null
  /** What clients should use to reach a peer. */
  readonly iceServers: { forClient(userId: string, now: number): IceConfig }
}
