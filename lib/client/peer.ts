import type { ChannelLink } from './channel-link.js'
import { peerEvents, rpcLabel } from './phoenix.js'
import type {
  DataChannelInit,
  PeerConnection,
  RtcCandidate,
  RtcDataChannel,
  RtcPeerConnection
} from './rtc.js'

export interface PeerOptions {
  readonly link: ChannelLink
  /** By label, `events` among them. */
  readonly dataChannels: Readonly<Record<string, DataChannelInit>>
  /** The DataChannel `events` is open. */
  onOpen(): void
  /** It will not open, or is no longer; everything is freed already. */
  onLost(reason: string): void
  onMessage(label: string, data: string | Uint8Array): void
}

/**
 * One RTCPeerConnection with its signalling and its DataChannels, from the offer to the end. The
 * server knows no ICE restart: a connection that was lost stays lost, and the next is another peer.
 */
export class Peer {
  readonly #options: PeerOptions
  readonly #connection: RtcPeerConnection
  readonly #channels = new Map<string, RtcDataChannel>()
  /** The server has taken the offer; candidates wait for that. */
  #offered: Promise<void> | undefined
  /** Before the reply to this offer, what is pushed belongs to the peer before. */
  #accepted = false
  #answered = false
  /** The answer is in place; the server's candidates wait for that. */
  readonly #ready: Promise<void>
  #markReady = () => {}
  #ended = false

  constructor(connection: PeerConnection, options: PeerOptions) {
    this.#connection = connection as RtcPeerConnection
    this.#options = options
    this.#ready = new Promise((resolve) => {
      this.#markReady = resolve
    })
  }

  isOpen(label: string): boolean {
    return !this.#ended && this.#channels.get(label)?.readyState === 'open'
  }

  /** Makes the DataChannels and the offer; rejects where the connection refuses to. */
  start(): Promise<void> {
    const connection = this.#connection
    for (const [label, init] of Object.entries(this.#options.dataChannels)) this.#createChannel(label, init)
    connection.onicecandidate = ({ candidate }) => this.#guard(() => this.#trickle(candidate))
    connection.onconnectionstatechange = () => this.#guard(() => this.#look())
    this.#offered = this.#offer()
    return this.#offered
  }

  /** Whether it was handed to the open DataChannel of that label. */
  send(label: string, data: string | Uint8Array): boolean {
    if (!this.isOpen(label)) return false
    try {
      this.#channels.get(label)?.send(data)
      return true
    } catch {
      // Larger than the server takes, or more than waits already; or it closed just now.
      return false
    }
  }

  /** `webrtc:answer` */
  answer(payload: unknown): void {
    const { type, sdp } = Object(payload) as Record<string, unknown>
    if (!this.#accepted || this.#answered || type !== 'answer' || typeof sdp !== 'string') return
    this.#answered = true
    this.#guard(async () => {
      await this.#connection.setRemoteDescription({ type, sdp })
      this.#markReady()
    })
  }

  /** `webrtc:ice` */
  candidate(payload: unknown): void {
    const { candidate, sdpMid = null, sdpMLineIndex = null } = Object(payload) as Record<string, unknown>
    if (!this.#accepted || typeof candidate !== 'string') return
    this.#ready
      .then(() => this.#connection.addIceCandidate({ candidate, sdpMid, sdpMLineIndex }))
      // One that this side cannot use, such as of an address family that it does not have.
      .catch(() => {})
  }

  /** `webrtc:state`, of the server's side. */
  state(payload: unknown): void {
    const { state } = Object(payload) as Record<string, unknown>
    if (!this.#accepted) return
    if (state === 'rate_limited' || state === 'failed' || state === 'closed') this.#lose(state)
  }

  /** Closes the DataChannel `events`, on which nothing more is to come: the rest ends with the server's side. */
  finish(): void {
    const channel = this.#channels.get(rpcLabel)
    if (channel?.readyState !== 'open') return
    channel.onclose = null
    this.#guard(() => channel.close())
  }

  close(): void {
    if (this.#ended) return
    this.#ended = true
    for (const channel of this.#channels.values()) {
      // One that is not open yet keeps a handle in node-datachannel, unless it is closed by itself.
      if (channel.readyState === 'connecting') this.#guard(() => channel.close())
    }
    this.#guard(() => this.#connection.close())
  }

  #createChannel(label: string, init: DataChannelInit): void {
    const { onOpen, onMessage } = this.#options
    const channel = this.#connection.createDataChannel(label, init)
    channel.binaryType = 'arraybuffer'
    channel.onmessage = ({ data }) => {
      const message = data instanceof ArrayBuffer ? new Uint8Array(data) : data
      if (this.#ended) return
      if (typeof message === 'string' || message instanceof Uint8Array) onMessage(label, message)
    }
    if (label === rpcLabel) {
      channel.onopen = () => this.#ended || onOpen()
      channel.onclose = () => this.#lose('closed')
    }
    this.#channels.set(label, channel)
  }

  async #offer(): Promise<void> {
    const connection = this.#connection
    const offer = await connection.createOffer()
    if (this.#ended) return
    await connection.setLocalDescription(offer)
    if (this.#ended) return
    const sdp = connection.localDescription?.sdp
    await new Promise<void>((resolve) => {
      this.#options.link.push(peerEvents.offer, { type: 'offer', sdp, drained: true }, (status, response) => {
        const { error } = Object(response) as Record<string, unknown>
        // The end of the join has ended the peer before.
        if (status !== 'ok') return this.#lose(typeof error === 'string' ? error : 'offer_failed')
        this.#accepted = true
        resolve()
      })
    })
  }

  async #trickle(offered: RtcCandidate | null | undefined): Promise<void> {
    if (!offered?.candidate) return
    await this.#offered
    if (this.#ended) return
    const { candidate, sdpMid = '0', sdpMLineIndex = 0, usernameFragment = null } = offered
    this.#options.link.push(peerEvents.ice, { candidate, sdpMid, sdpMLineIndex, usernameFragment })
  }

  #look(): void {
    if (this.#ended) return
    const state = this.#connection.connectionState
    // The server ends a peer that it cannot reach, so that there is nothing to wait for.
    if (state === 'failed' || state === 'closed' || state === 'disconnected') this.#lose(state)
  }

  #lose(reason: string): void {
    if (this.#ended) return
    this.close()
    this.#options.onLost(reason)
  }

  /** Nothing throws into a callback of WebRTC: in native libraries it may end the process. */
  #guard(run: () => unknown): void {
    Promise.resolve()
      .then(run)
      .catch(() => this.#lose('failed'))
  }
}
