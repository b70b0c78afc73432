import { oneLine } from '../../log/one-line.js'
import { peerEvents, rpcLabel } from '../../protocol/peer-events.js'
import type {
  ClientDataChannel,
  ClientDataChannelConfig,
  ClientLibrary,
  ClientPeer
} from './client-library.js'
import { failureOf } from './hook-caller.js'
import type { PhoenixConnection } from './phoenix-connection.js'

export interface OpenPeerOptions {
  readonly library: ClientLibrary
  /** IP address that the peer binds; loopback interfaces are left out without it. */
  readonly bindAddress?: string | undefined
  /** Milliseconds until the DataChannel has to be open. */
  readonly openLimitMs: number
  /** Of the DataChannel; `events` by default. */
  readonly label?: string
  readonly config?: ClientDataChannelConfig
}

/** A client's peer whose DataChannel is open. It has to be held: what nothing refers to is closed. */
export interface OpenPeer {
  readonly channel: ClientDataChannel
  /** Closes the peer; the connection stays. */
  close(): void
}

/**
 * Offers a peer through the user channel, which the connection has joined as `topic`, and resolves once
 * its DataChannel is open. Rejects, and leaves nothing behind, when the server refuses the offer or a
 * candidate, when the connection or the peer is lost, and when it takes too long.
 */
export async function openPeer(
  connection: PhoenixConnection,
  topic: string,
  options: OpenPeerOptions
): Promise<OpenPeer> {
  const { library, bindAddress, openLimitMs } = options
  const peer = new library.PeerConnection('load', { iceServers: [], ...(bindAddress && { bindAddress }) })
  let hasOpened = false
  let fail: (problem: string) => void = () => {}
  const channel = new Signalling(peer, connection, topic, (problem) => fail(problem)).offer(options)
  const close = (): void => {
    // The library keeps a channel that never opened, and with it the process, when its peer alone is closed;
    // one that has opened it closes with the peer, and closed twice at once it would be kept as well.
    if (!hasOpened) channel.close()
    peer.close()
  }
  try {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => fail('datachannel_timeout'), openLimitMs)
      fail = (problem) => {
        clearTimeout(late)
        reject(new Error(problem))
      }
      connection.onLost = () => fail('connection_lost')
      channel.onOpen(() => {
        hasOpened = true
        clearTimeout(late)
        resolve()
      })
    })
    return { channel, close }
  } catch (error) {
    close()
    throw error
  }
}

/** Sends the offer and the candidates, in that order, and takes those of the server. */
class Signalling {
  readonly #peer: ClientPeer
  readonly #connection: PhoenixConnection
  readonly #topic: string
  readonly #fail: (problem: string) => void
  // The callbacks for descriptions and candidates come in no fixed order; the offer has to go first.
  readonly #early: object[] = []
  #offered = false
  #failed = false

  constructor(
    peer: ClientPeer,
    connection: PhoenixConnection,
    topic: string,
    fail: (problem: string) => void
  ) {
    this.#peer = peer
    this.#connection = connection
    this.#topic = topic
    this.#fail = fail
  }

  offer({ label = rpcLabel, config = {} }: OpenPeerOptions): ClientDataChannel {
    this.#peer.onLocalDescription(this.#guarded((sdp) => this.#sendOffer(sdp)))
    this.#peer.onLocalCandidate(this.#guarded((text, mid) => this.#sendCandidate(text, mid)))
    this.#peer.onStateChange((state) => {
      this.#failed ||= state === 'failed' || state === 'closed'
      if (this.#failed) this.#fail(`peer_${state}`)
    })
    this.#connection.on(
      peerEvents.answer,
      this.#guarded(({ sdp }) => {
        // A peer that has failed throws here.
        if (!this.#failed) this.#peer.setRemoteDescription(sdp as string, 'answer')
      })
    )
    this.#connection.on(
      peerEvents.ice,
      this.#guarded(({ candidate, sdpMid }) => {
        if (candidate === '' || this.#failed) return
        this.#peer.addRemoteCandidate(candidate as string, sdpMid as string)
      })
    )
    const channel = this.#peer.createDataChannel(label, config)
    // Without this one the library keeps the channel after it was closed.
    channel.onClosed(() => this.#fail('datachannel_closed'))
    return channel
  }

  #sendOffer(sdp: string): void {
    this.#send('webrtc:offer', { sdp, type: 'offer' })
    this.#offered = true
    for (const candidate of this.#early.splice(0)) this.#send(peerEvents.ice, candidate)
  }

  #sendCandidate(text: string, sdpMid: string): void {
    const candidate = { candidate: text.replace(/^a=/, ''), sdpMid, sdpMLineIndex: 0 }
    if (this.#offered) this.#send(peerEvents.ice, candidate)
    else this.#early.push(candidate)
  }

  #send(event: string, payload: object): void {
    this.#connection.push(this.#topic, event, JSON.stringify(payload), (answer) => {
      const failure = failureOf(answer)
      if (failure !== undefined) this.#fail(`${event}: ${failure}`)
    })
  }

  /** What throws in a native callback would end the process: here it ends the attempt. */
  #guarded<A extends unknown[]>(callback: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      try {
        callback(...args)
      } catch (error) {
        this.#fail(oneLine(error))
      }
    }
  }
}
