import type { Limits } from '../limits/limits.js'
import type { Turns } from '../limits/turns.js'
import type { Clock } from '../time/clock.js'
import { Bursts } from '../transport/bursts.js'

/** How much may wait for a peer; see {@link Limits}. */
export type PeerQueueLimits = Pick<Limits, 'queuedBytes' | 'queueStallMs' | 'queuedBytesMax'>

/**
 * What waits in the library for one peer, as far as it counts against its client: what was sent in this
 * turn of the event loop does not, since nothing of it can have left.
 */
export class PeerQueue {
  readonly #limits: PeerQueueLimits
  readonly #clock: Clock
  readonly #turns: Turns
  readonly #bursts = new Bursts()
  #turn = 0
  /** Bytes that wait since earlier turns. */
  #earlier = 0
  /** Bytes that had to wait since nothing did, and what had left of them when that was looked at last. */
  #sent = 0
  #left = 0
  /** Since when more waits than may, and nothing leaves. */
  #stalledSince: number | undefined

  constructor(limits: PeerQueueLimits, clock: Clock, turns: Turns) {
    this.#limits = limits
    this.#clock = clock
    this.#turns = turns
  }

  /** Looks at what waits, `queued` bytes, before a message is sent. */
  look(queued: number): void {
    if (queued === 0) {
      this.#caughtUp()
      return
    }
    const turn = this.#turns.current
    this.#earlier = turn === this.#turn ? Math.min(this.#earlier, queued) : queued
    this.#turn = turn
    const left = this.#sent - queued
    const hasMoved = left > this.#left
    this.#left = left
    if (!this.isBehind(this.#earlier)) this.#stalledSince = undefined
    else if (hasMoved || this.#stalledSince === undefined) this.#stalledSince = this.#clock.now()
  }

  /** Whether so much waits, with `queued` bytes, that its client has to be watched. */
  isBehind(queued: number): boolean {
    const { queuedBytes, queueStallMs } = this.#limits
    return queuedBytes > 0 && queueStallMs > 0 && queued > queuedBytes
  }

  /** So many bytes were sent in this turn, and have to wait. */
  sent(bytes: number): void {
    this.#sent += bytes
    this.#bursts.add(bytes, this.#turns.current)
  }

  /**
   * Whether there is no room for `bytes` more of what may be dropped, beside what is queued, and held back. A message that is larger than all
   * that may wait is stopped only by what waits already.
   */
  isFull(queued: number, held: number, bytes: number): boolean {
    const { queuedBytes, queuedBytesMax } = this.#limits
    const size = bytes > queuedBytes ? 0 : bytes
    if (queuedBytes > 0 && this.#earlier > 0 && this.#earlier + held + size > queuedBytes) return true
    return queuedBytesMax > 0 && queued > 0 && queued + held + bytes > queuedBytesMax
  }

  /** Whether the client takes nothing, or has more to take than may ever wait: the peer is to be ended. */
  isStuck(held: number): boolean {
    const { queuedBytesMax, queueStallMs } = this.#limits
    const since = this.#stalledSince
    if (since !== undefined && queueStallMs > 0 && this.#clock.now() - since >= queueStallMs) return true
    return queuedBytesMax > 0 && this.#earlier + held - this.#bursts.largest > queuedBytesMax
  }

  #caughtUp(): void {
    this.#earlier = 0
    if (this.#sent === 0) return
    this.#sent = 0
    this.#left = 0
    this.#stalledSince = undefined
    this.#bursts.clear()
  }
}
