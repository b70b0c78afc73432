import type { TransportCounters } from '../endpoint/stats.js'
import type { QueuedMemory } from '../limits/queued-memory.js'
import type { OutgoingFrame } from '../protocol/frame.js'
import type { QueueLimits } from '../transport/backlog-watch.js'
import type { Transport } from '../transport/transport.js'

interface HeldFrame {
  readonly frame: OutgoingFrame
  readonly stale: string | undefined
}

/**
 * What one socket sends. While a join runs, everything waits for its reply and follows it in order, as
 * in Phoenix, whose transport process does nothing else until the channel has answered.
 */
export class Outbox {
  readonly #transport: Transport
  readonly #limits: QueueLimits
  readonly #memory: QueuedMemory
  readonly #traffic: TransportCounters
  #isHolding = false
  /** Most joins have nothing to hold back. */
  #held: HeldFrame[] | undefined
  #heldBytes = 0

  /** What is held back counts among what waits for all clients. */
  constructor(transport: Transport, limits: QueueLimits, memory: QueuedMemory, traffic: TransportCounters) {
    this.#traffic = traffic
    this.#transport = transport
    this.#limits = limits
    this.#memory = memory
  }

  /** Bytes that wait for the client, what is held back included. */
  get waiting(): number {
    return this.#transport.waiting + this.#heldBytes
  }

  /** Sends a frame, or keeps it back; see `Transport.send`. */
  send(frame: OutgoingFrame, stale?: string): void {
    if (this.#isHolding) this.#keep(frame, stale)
    else this.#hand(frame, stale)
  }

  /** A join begins: what is sent from here on waits for its reply. */
  hold(): void {
    this.#isHolding = true
  }

  /** The join is done: sends the reply, and then what waited for it. */
  release(reply: OutgoingFrame): void {
    this.#hand(reply)
    this.flush()
  }

  /** Sends what waits, and holds nothing back any more. */
  flush(): void {
    const held = this.#held
    this.discard()
    if (held === undefined) return
    for (const { frame, stale } of held) this.#hand(frame, stale)
  }

  /** Forgets what waits: there is nobody left to get it. */
  discard(): void {
    this.#isHolding = false
    if (this.#held === undefined) return
    for (const { frame } of this.#held) this.#memory.release(frame)
    this.#held = undefined
    this.#heldBytes = 0
  }

  #hand(frame: OutgoingFrame, stale?: string): void {
    this.#traffic.sent(frame)
    this.#transport.send(frame, stale)
  }

  #keep(frame: OutgoingFrame, stale: string | undefined): void {
    this.#held ??= []
    this.#held.push({ frame, stale })
    this.#heldBytes += this.#memory.keep(frame)
    const { queuedBytes } = this.#limits
    const isFull = queuedBytes > 0 && this.#heldBytes > queuedBytes
    // A join that takes too long loses its place at the front; the client loses nothing.
    if (isFull || this.#memory.isOver(this.#limits)) this.flush()
  }
}
