/** A STUN or TURN server, as RTCPeerConnection takes it. */
export interface IceServer {
  urls: string | string[]
  username?: string
  credential?: string
}

/** What a peer connection is to be made with. */
export interface PeerConfiguration {
  iceServers: IceServer[]
}

/** How a DataChannel delivers, as `createDataChannel` takes it; by default in order and without loss. */
export interface DataChannelInit {
  ordered?: boolean
  maxRetransmits?: number
  maxPacketLifeTime?: number
  protocol?: string
  /** Refused: the server knows the DataChannels that are announced to it. */
  negotiated?: false
}

/**
 * An RTCPeerConnection, of a browser or of a library for Node that follows the same standard
 * (`node-datachannel/polyfill`, `werift`).
 */
export interface PeerConnection {
  createDataChannel(label: string, init?: DataChannelInit): object
  close(): unknown
}

/** Makes a peer connection. */
export type PeerConnectionFactory = (configuration: PeerConfiguration) => PeerConnection

/**
 * What of the standard is used. Implementations type their event handlers so differently that
 * {@link PeerConnection} leaves them out.
 */
export interface RtcPeerConnection {
  readonly connectionState: string
  readonly localDescription: { readonly sdp: string } | null
  onicecandidate: ((event: { readonly candidate?: RtcCandidate | null }) => void) | null
  onconnectionstatechange: (() => void) | null
  createDataChannel(label: string, init: DataChannelInit): RtcDataChannel
  createOffer(): Promise<object>
  setLocalDescription(description: object): Promise<unknown>
  setRemoteDescription(description: { type: 'answer'; sdp: string }): Promise<unknown>
  addIceCandidate(candidate: object): Promise<unknown>
  close(): unknown
}

export interface RtcCandidate {
  readonly candidate: string
  readonly sdpMid?: string | null
  readonly sdpMLineIndex?: number | null
  readonly usernameFragment?: string | null
}

export interface RtcDataChannel {
  readonly readyState: string
  binaryType: string
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: (() => void) | null
  send(data: string | Uint8Array): void
  close(): unknown
}

/** The default: what the browser has. */
export function browserPeerConnection(): PeerConnectionFactory | undefined {
  const { RTCPeerConnection } = globalThis as {
    RTCPeerConnection?: new (configuration: PeerConfiguration) => PeerConnection
  }
  return RTCPeerConnection && ((configuration) => new RTCPeerConnection(configuration))
}
