import type { ChannelLink } from './channel-link.js'
import { type ClientClock, limitOf } from './clock.js'
import type { Emitter } from './emitter.js'
import type { HookClientEvents, PeerState } from './events.js'
import { IceConfig } from './ice-config.js'
import { Peer } from './peer.js'
import { peerEvents } from './phoenix.js'
import type { DataChannelInit, IceServer, PeerConnectionFactory } from './rtc.js'

export interface PeerKeeperOptions {
  readonly link: ChannelLink
  readonly clock: ClientClock
  readonly createPeer: PeerConnectionFactory | false | undefined
  readonly iceServers: readonly IceServer[] | undefined
  readonly dataChannels: Readonly<Record<string, DataChannelInit>>
  readonly openTimeoutMs: number
  reopenAfterMs(tries: number): number
  readonly events: Emitter<HookClientEvents>
  /** The DataChannel has opened or closed, or the channel has. */
  onChange(): void
  /** What was sent on the DataChannels and not answered is lost. */
  onDown(): void
  onMessage(label: string, data: string | Uint8Array): void
}

/** A peer that was open for so many milliseconds was a good one: the next is tried as if it were the first. */
const stableMs = 30_000

/** The window in which the server counts messages: before it is over, the next peer would be closed as well. */
const rateLimitedMs = 10_000

/** The default of `reopenAfterMs`: half a second at first, a minute at last, less up to a half by chance. */
export function defaultReopenAfterMs(tries: number): number {
  return Math.min(60_000, 250 * 2 ** tries) * (1 - Math.random() / 2)
}

/** Keeps one peer open while the channel is joined. */
export class PeerKeeper {
  readonly #options: PeerKeeperOptions
  readonly #ice: IceConfig
  #state: PeerState = 'idle'
  #peer: Peer | undefined
  /** Of the peer that is being opened, or of the wait for the next. */
  #timer: unknown
  #tries = 0
  /** Before the next try. */
  #delayMs = 0
  #openedAt: number | undefined
  /** Changes with every peer: what began for an older one ends without effect. */
  #generation = 0

  constructor(options: PeerKeeperOptions) {
    const { link, clock } = options
    this.#options = options
    this.#ice = new IceConfig(link, clock)
    link.on(peerEvents.answer, (payload) => this.#peer?.answer(payload))
    link.on(peerEvents.ice, (payload) => this.#peer?.candidate(payload))
    link.on(peerEvents.state, (payload) => this.#serverState(payload))
  }

  get state(): PeerState {
    return this.#state
  }

  isOpen(label: string): boolean {
    return this.#peer?.isOpen(label) ?? false
  }

  /** Whether it was handed to the open DataChannel of that label. */
  send(label: string, data: string | Uint8Array): boolean {
    return this.#peer?.send(label, data) ?? false
  }

  /** The channel was joined, or the application wants another peer now. */
  open(): void {
    this.#drop()
    const { createPeer, clock, openTimeoutMs } = this.#options
    if (!createPeer) {
      this.#enter('disabled')
      return
    }
    this.#timer = clock.setTimeout(() => this.#fail('open_timeout'), limitOf(openTimeoutMs))
    this.#enter('connecting')
    void this.#connect(createPeer, this.#generation)
  }

  /** The server takes no more calls, and has answered all: it waits for the end of the DataChannel `events`. */
  finish(): void {
    this.#peer?.finish()
  }

  /** The join ended, and the server's side of the peer with it. */
  leave(): void {
    this.#ice.forget()
    this.#drop()
    this.#enter('idle')
  }

  close(): void {
    const { link } = this.#options
    if (this.#peer !== undefined && link.joined) link.push(peerEvents.close, {})
    this.#drop()
    this.#enter('closed')
  }

  async #connect(createPeer: PeerConnectionFactory, generation: number): Promise<void> {
    const { link, dataChannels, onMessage } = this.#options
    const iceServers = this.#options.iceServers ?? (await this.#ice.get())
    if (generation !== this.#generation) return
    try {
      // Copies: some libraries write into what they are given.
      const connection = createPeer({ iceServers: iceServers.map((server) => ({ ...server })) })
      this.#peer = new Peer(connection, {
        link,
        dataChannels,
        onOpen: () => this.#opened(),
        onLost: (reason) => this.#fail(reason),
        onMessage
      })
      await this.#peer.start()
    } catch {
      if (generation === this.#generation) this.#fail('offer_failed')
    }
  }

  #opened(): void {
    const { clock } = this.#options
    // Some libraries tell twice.
    if (this.#state !== 'connecting') return
    clock.clearTimeout(this.#timer)
    this.#openedAt = clock.now()
    this.#enter('open')
  }

  #serverState(payload: unknown): void {
    // It may come after the end of the DataChannel, which had a shorter way.
    const isLate = this.#state === 'waiting'
    this.#peer?.state(payload)
    if ((Object(payload) as Record<string, unknown>).state !== 'rate_limited') return
    if (isLate) this.#wait(rateLimitedMs)
    this.#options.events.emit('rate_limited')
  }

  #fail(reason: string): void {
    this.#drop()
    if (reason === 'webrtc_disabled') this.#enter('disabled')
    else {
      this.#delayMs = this.#options.reopenAfterMs(++this.#tries)
      this.#wait(reason === 'rate_limited' ? rateLimitedMs : 0)
      this.#enter('waiting')
    }
    this.#options.events.emit('failure', reason)
  }

  #wait(atLeastMs: number): void {
    const { clock } = this.#options
    clock.clearTimeout(this.#timer)
    this.#timer = clock.setTimeout(() => this.open(), Math.max(atLeastMs, this.#delayMs))
  }

  /** Frees the peer, or the wait for one. */
  #drop(): void {
    const { clock, onDown } = this.#options
    this.#generation++
    clock.clearTimeout(this.#timer)
    if (this.#openedAt !== undefined && clock.now() - this.#openedAt >= stableMs) this.#tries = 0
    this.#openedAt = undefined
    const peer = this.#peer
    this.#peer = undefined
    peer?.close()
    if (peer !== undefined) onDown()
  }

  #enter(state: PeerState): void {
    if (state === this.#state || this.#state === 'closed') return
    this.#state = state
    this.#options.onChange()
    this.#options.events.emit('state', state)
  }
}
