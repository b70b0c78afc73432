import type { Rate } from './limits.js'

/** Hits that follow each other within such a part of the window are remembered as one. */
const parts = 32

/**
 * Counts hits, or adds up their weights, in a sliding window: never more than `rate.count` within any
 * `rate.windowMs`. Hits close together come back with the last of them, so that room may come back up to a
 * thirty-second of the window late; after hits that came alone, or all at once, it comes back on time.
 */
export class RateLimit {
  readonly #rate: Rate
  /** Time of the last hit and weight of each group in turns, the oldest first. Most limits are never hit. */
  #groups: number[] | undefined
  /** When the newest group began. */
  #begun = 0
  #total = 0

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /**
   * Counts one hit at `now` (milliseconds), of a weight such as bytes, and says whether it is within the rate;
   * one that is not is not counted.
   */
  hit(now: number, weight = 1): boolean {
    const { count, windowMs } = this.#rate
    if (count === 0) return true
    this.#forget(now - windowMs)
    if (this.#total + weight > count) return false
    this.#total += weight
    const groups = this.#groups
    if (groups === undefined || groups.length === 0) {
      this.#begun = now
      // A list that something is pushed to has room for 17.
      this.#groups = [now, weight]
    } else if (now - this.#begun < windowMs / parts) {
      // A clock that steps back must not have hits forgotten early.
      groups[groups.length - 2] = Math.max(now, groups[groups.length - 2] as number)
      groups[groups.length - 1] = (groups[groups.length - 1] as number) + weight
    } else {
      this.#begun = now
      groups.push(now, weight)
    }
    return true
  }

  /** Whether one more hit would be within the rate. */
  hasRoom(now: number): boolean {
    const { count, windowMs } = this.#rate
    this.#forget(now - windowMs)
    return count === 0 || this.#total < count
  }

  /** Whether no hit within the window is remembered, so that the limit could be made anew. */
  isIdle(now: number): boolean {
    this.#forget(now - this.#rate.windowMs)
    return this.#groups === undefined || this.#groups.length === 0
  }

  #forget(until: number): void {
    const groups = this.#groups
    if (groups === undefined) return
    let old = 0
    for (; old < groups.length && (groups[old] as number) <= until; old += 2) {
      this.#total -= groups[old + 1] as number
    }
    if (old > 0) groups.splice(0, old)
  }
}
