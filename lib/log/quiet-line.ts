import type { Clock, Timer } from '../time/clock.js'

/** Milliseconds from one line to the next. */
const quietMs = 1000

/** A line that is written once a second at the most, however often it is asked for; the next says what was left out. */
export class QuietLine {
  readonly #clock: Clock
  readonly #write: (details: object) => void
  #suppressed = 0
  #quiet: Timer | undefined

  constructor(clock: Clock, write: (details: object) => void) {
    this.#clock = clock
    this.#write = write
  }

  add(details: object): void {
    if (this.#quiet !== undefined) {
      this.#suppressed++
      return
    }
    this.#write(details)
    this.#beQuiet()
  }

  #beQuiet(): void {
    this.#quiet = this.#clock.setTimeout(() => {
      this.#quiet = undefined
      if (this.#suppressed === 0) return
      this.#write({ suppressed: this.#suppressed })
      this.#suppressed = 0
      this.#beQuiet()
    }, quietMs)
    this.#quiet.unref()
  }
}
