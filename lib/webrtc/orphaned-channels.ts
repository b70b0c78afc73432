import type { Clock } from '../time/clock.js'
import { collectGarbage } from './collect-garbage.js'

/** Milliseconds in which a thread of the library that is closing a channel is done with it for certain. */
const lingerMs = 1000

/**
 * DataChannels that their client closed before anybody listened to them. The library tells nobody of their
 * end, with which node-datachannel would free them, so that only the garbage collector does; and until
 * then each keeps the process from ending by itself.
 */
export class OrphanedChannels {
  readonly #clock: Clock
  /** Kept from the garbage collector: a thread of the library may still be about to call back into them. */
  readonly #lingering = new Set<object>()
  readonly #finalized = new FinalizationRegistry(() => {
    this.#uncollected--
  })
  readonly #collectGarbage: typeof collectGarbage
  #uncollected = 0
  #closed = false

  constructor(clock: Clock, collect = collectGarbage) {
    this.#clock = clock
    this.#collectGarbage = collect
  }

  /** Takes the only reference that is left to `channel`. */
  adopt(channel: object): void {
    this.#uncollected++
    this.#finalized.register(channel, undefined)
    this.#lingering.add(channel)
    this.#clock.setTimeout(() => {
      this.#lingering.delete(channel)
      if (this.#closed) this.#collect()
    }, lingerMs)
  }

  /** Lets the process end: from now on it will not be busy enough to collect them by itself. */
  close(): void {
    this.#closed = true
    this.#collect()
  }

  #collect(): void {
    if (this.#uncollected === 0 || this.#lingering.size > 0) return
    this.#collectGarbage(() => this.#uncollected === 0).catch(() => {})
  }
}
