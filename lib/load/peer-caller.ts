import { silentLogger } from '../logger.js'
import { peerEvents } from '../webrtc/events.js'
import { guard } from '../webrtc/native-library.js'
import type { ClientDataChannel, ClientLibrary, ClientPeer } from './client-library.js'
import { type Answered, failureOf, type HookCall, type HookCaller } from './hook-caller.js'
import type { PhoenixConnection } from './phoenix-connection.js'

export interface PeerCallerOptions {
  readonly library: ClientLibrary
  /** IP address that the peer binds; loopback interfaces are left out without it. */
  readonly bindAddress: string | undefined
  /** Milliseconds until the DataChannel has to be open. */
  readonly openLimitMs: number
}

interface HookReply {
  type: string
  id: number
  data?: unknown
  error?: string
}

/** What throws in a native callback would end the process. */
const guarded = <A extends unknown[]>(callback: (...args: A) => void) => guard(silentLogger, callback)

/**
 * Offers a peer through the user channel, which the connection has joined as `topic`, and resolves once
 * the DataChannel `events` is open. Rejects when the server refuses the offer or a candidate, when the
 * connection or the peer is lost, and when it takes too long.
 */
export async function openPeerCaller(
  connection: PhoenixConnection,
  topic: string,
  call: HookCall,
  options: PeerCallerOptions
): Promise<HookCaller> {
  const { library, bindAddress, openLimitMs } = options
  const peer = new library.PeerConnection('load', { iceServers: [], ...(bindAddress && { bindAddress }) })
  const channel = await new Promise<ClientDataChannel>((resolve, reject) => {
    const fail = (problem: string): void => reject(new Error(problem))
    const late = setTimeout(() => fail('datachannel_timeout'), openLimitMs)
    const made = signal(peer, connection, topic, fail)
    made.onOpen(
      guarded(() => {
        clearTimeout(late)
        resolve(made)
      })
    )
    connection.onLost = () => fail('connection_lost')
  }).catch((error: unknown) => {
    peer.close()
    throw error
  })
  return new PeerCaller(connection, peer, channel, call)
}

/** Sends the offer and the candidates, in that order, and takes those of the server. */
function signal(
  peer: ClientPeer,
  connection: PhoenixConnection,
  topic: string,
  fail: (problem: string) => void
): ClientDataChannel {
  const send = (event: string, payload: object): void =>
    connection.push(topic, event, JSON.stringify(payload), (answer) => {
      const failure = failureOf(answer)
      if (failure !== undefined) fail(`${event}: ${failure}`)
    })
  // The callbacks for descriptions and candidates come in no fixed order; the offer has to go first.
  let offered = false
  let failed = false
  const early: object[] = []
  peer.onLocalDescription(
    guarded((sdp) => {
      send('webrtc:offer', { sdp, type: 'offer' })
      offered = true
      for (const candidate of early.splice(0)) send(peerEvents.ice, candidate)
    })
  )
  peer.onLocalCandidate(
    guarded((text, sdpMid) => {
      const candidate = { candidate: text.replace(/^a=/, ''), sdpMid, sdpMLineIndex: 0 }
      if (offered) send(peerEvents.ice, candidate)
      else early.push(candidate)
    })
  )
  peer.onStateChange(
    guarded((state) => {
      failed ||= state === 'failed' || state === 'closed'
      if (failed) fail(`peer_${state}`)
    })
  )
  connection.on(
    peerEvents.answer,
    guarded(({ sdp }) => {
      // A peer that has failed throws here.
      if (!failed) peer.setRemoteDescription(sdp as string, 'answer')
    })
  )
  connection.on(
    peerEvents.ice,
    guarded(({ candidate, sdpMid }) => {
      if (candidate !== '' && !failed) peer.addRemoteCandidate(candidate as string, sdpMid as string)
    })
  )
  return peer.createDataChannel('events')
}

class PeerCaller implements HookCaller {
  readonly #connection: PhoenixConnection
  // A peer or a channel that nothing refers to is collected as garbage, and that closes it.
  readonly #peer: ClientPeer
  readonly #channel: ClientDataChannel
  readonly #head: string
  readonly #calls = new Map<number, Answered>()
  #lastId = 0
  #isOpen = true

  constructor(
    connection: PhoenixConnection,
    peer: ClientPeer,
    channel: ClientDataChannel,
    { hookPlugin: plugin, fn, args }: HookCall
  ) {
    this.#connection = connection
    this.#peer = peer
    this.#channel = channel
    this.#head = `${JSON.stringify({ type: 'call_hook', plugin, fn, args }).slice(0, -1)},"id":`
    channel.onMessage(guarded((message) => this.#receive(String(message))))
    channel.onClosed(guarded(() => this.#lost()))
    connection.onLost = () => this.#lost()
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  call(answered: Answered): void {
    if (!this.#isOpen) return answered('connection_lost', undefined)
    const id = ++this.#lastId
    this.#calls.set(id, answered)
    this.#channel.sendMessage(`${this.#head}${id}}`)
  }

  ping(): void {
    this.#connection.ping()
  }

  close(): Promise<void> {
    this.#isOpen = false
    this.#peer.close()
    return this.#connection.close()
  }

  #receive(message: string): void {
    const { type, id, data, error = 'unknown' } = JSON.parse(message) as HookReply
    const answered = this.#calls.get(id)
    this.#calls.delete(id)
    if (type === 'hook_reply') answered?.(undefined, data)
    else answered?.(error, undefined)
  }

  #lost(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    for (const answered of calls) answered('connection_lost', undefined)
  }
}
