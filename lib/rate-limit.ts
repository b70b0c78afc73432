import type { Rate } from './limits.js'

/**
 * Counts hits in a sliding window: at most `rate.count` of them within any `rate.windowMs`.
 * Exact, because it remembers the time of each hit; it never holds more than `count` of them.
 */
export class RateLimit {
  readonly #rate: Rate
  #hits: number[] = []
  #oldest = 0

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Counts one hit at `now` (milliseconds) and says whether it is within the rate. */
  hit(now: number): boolean {
    const { count, windowMs } = this.#rate
    if (count === 0) return true
    this.#forget(now - windowMs)
    if (this.#hits.length - this.#oldest >= count) return false
    this.#hits.push(now)
    return true
  }

  /** Whether no hit within the window is remembered, so that the limit could be made anew. */
  isIdle(now: number): boolean {
    this.#forget(now - this.#rate.windowMs)
    return this.#hits.length === this.#oldest
  }

  #forget(until: number): void {
    const hits = this.#hits
    while (this.#oldest < hits.length && (hits[this.#oldest] as number) <= until) this.#oldest++
    // Moving the rest to the front only once half of the list is dead keeps a hit at constant cost.
    if (this.#oldest > 32 && this.#oldest * 2 > hits.length) {
      hits.splice(0, this.#oldest)
      this.#oldest = 0
    }
  }
}
