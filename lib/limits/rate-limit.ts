import type { Rate } from './limits.js'

/**
 * Counts hits in a sliding window: at most `rate.count` of them within any `rate.windowMs`.
 * Exact, because it remembers the time of each hit; it never holds more than `count` of them.
 */
export class RateLimit {
  readonly #rate: Rate
  /** The times of the hits; most limits of most users are never hit. */
  #hits: number[] | undefined
  #oldest = 0

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Counts one hit at `now` (milliseconds) and says whether it is within the rate. */
  hit(now: number): boolean {
    const { count, windowMs } = this.#rate
    if (count === 0) return true
    if (this.#hits === undefined) {
      // A list that something is pushed to has room for 17.
      this.#hits = [now]
      return true
    }
    this.#forget(this.#hits, now - windowMs)
    if (this.#hits.length - this.#oldest >= count) return false
    this.#hits.push(now)
    return true
  }

  /** Whether no hit within the window is remembered, so that the limit could be made anew. */
  isIdle(now: number): boolean {
    if (this.#hits === undefined) return true
    this.#forget(this.#hits, now - this.#rate.windowMs)
    return this.#hits.length === this.#oldest
  }

  #forget(hits: number[], until: number): void {
    while (this.#oldest < hits.length && (hits[this.#oldest] as number) <= until) this.#oldest++
    // Moving the rest to the front only once half of the list is dead keeps a hit at constant cost.
    if (this.#oldest > 32 && this.#oldest * 2 > hits.length) {
      hits.splice(0, this.#oldest)
      this.#oldest = 0
    }
  }
}
