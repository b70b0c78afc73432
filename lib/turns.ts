import { type Clock, systemClock } from './clock.js'

/**
 * Milliseconds of a turn that go into work that takes its time. With one offer in each turn the last of 150
 * at once waited a quarter longer for its peer than with as many as fit into this.
 */
const sliceMs = 4

/** Turns of the event loop, for those who leave room for others within them. */
export class Turns {
  readonly #clock: Clock
  readonly #waiting: (() => void)[] = []
  #current = 1
  #isCounting = false

  /** @param clock says how long work takes */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** A number that is another one in each turn in which it is asked for; never 0. */
  get current(): number {
    if (!this.#isCounting) {
      this.#isCounting = true
      setImmediate(() => {
        this.#isCounting = false
        this.#current++
      })
    }
    return this.#current
  }

  /**
   * Does work that takes its time, after all that was asked for before, a few milliseconds of it in each
   * turn: in between everybody else is served. Rejects with what `work` throws.
   */
  take<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work())
        } catch (err) {
          reject(err)
        }
      })
      if (this.#waiting.length === 1) setImmediate(() => this.#work())
    })
  }

  #work(): void {
    const end = this.#clock.now() + sliceMs
    do {
      this.#waiting[0]?.()
      // Only now, so that whoever asks meanwhile does not start a second round.
      this.#waiting.shift()
    } while (this.#waiting.length > 0 && this.#clock.now() < end)
    if (this.#waiting.length > 0) setImmediate(() => this.#work())
  }
}
