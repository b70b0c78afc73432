import type { Clock } from '../time/clock.js'

/** How many bytes may be held at once, by all who hold some. */
export class ByteBudget {
  readonly #clock: Clock
  readonly #total: number
  readonly #waiting: { bytes: number; enter: () => void }[] = []
  #held = 0

  /** @param total 0 is no limit */
  constructor(clock: Clock, total: number) {
    this.#clock = clock
    this.#total = total || Number.POSITIVE_INFINITY
  }

  get held(): number {
    return this.#held
  }

  /** Whether there was room: what was taken has to be given back. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#total) return false
    this.#held += bytes
    return true
  }

  give(bytes: number): void {
    this.#held -= bytes
    for (
      let next = this.#waiting[0];
      next !== undefined && this.#hasRoom(next.bytes);
      next = this.#waiting[0]
    ) {
      this.#waiting.shift()
      this.#held += next.bytes
      next.enter()
    }
  }

  /**
   * Takes as soon as there is room, one after the other; resolves to false where that is not within so many
   * milliseconds. What is more than all that may be held goes by itself.
   */
  wait(bytes: number, ms: number): Promise<boolean> {
    if (this.#waiting.length === 0 && this.#hasRoom(bytes)) {
      this.#held += bytes
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const place = {
        bytes,
        enter: () => {
          this.#clock.clearTimeout(timer)
          resolve(true)
        }
      }
      const timer = this.#clock.setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(place), 1)
        resolve(false)
        // Those behind it may need less.
        this.give(0)
      }, ms)
      this.#waiting.push(place)
    })
  }

  #hasRoom(bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.#total
  }
}
