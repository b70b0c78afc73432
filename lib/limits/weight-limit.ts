import type { Rate } from './limits.js'

/** The window is remembered in so many parts. */
const parts = 16

/**
 * Adds up weights, such as bytes, in a sliding window: at most `rate.count` within any `rate.windowMs`. It remembers
 * sums of sixteenths of the window and forgets each as a whole, so that room may come back a sixteenth late.
 */
export class WeightLimit {
  readonly #rate: Rate
  /** Sums by part, the newest last; the first one is of the part `#first`. */
  #sums: number[] = []
  #first = 0
  #total = 0

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Adds a weight at `now` (milliseconds) and says whether it is within the rate; what is over it is not added. */
  add(weight: number, now: number): boolean {
    const { count, windowMs } = this.#rate
    if (count === 0) return true
    const part = this.#forget(now, windowMs)
    if (this.#total + weight > count) return false
    this.#total += weight
    if (this.#sums.length === 0) {
      this.#first = part
      // A list that something is pushed to has room for 17.
      this.#sums = [weight]
      return true
    }
    while (this.#first + this.#sums.length <= part) this.#sums.push(0)
    this.#sums[part - this.#first] = (this.#sums[part - this.#first] as number) + weight
    return true
  }

  /** Whether nothing within the window is remembered. */
  isIdle(now: number): boolean {
    this.#forget(now, this.#rate.windowMs)
    return this.#total === 0
  }

  #forget(now: number, windowMs: number): number {
    const part = Math.floor((now * parts) / windowMs)
    while (this.#sums.length > 0 && this.#first < part - parts) {
      this.#total -= this.#sums.shift() as number
      this.#first++
    }
    return part
  }
}
