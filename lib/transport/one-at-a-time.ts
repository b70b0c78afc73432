import type { Clock } from '../time/clock.js'

/** Who may wait. Early phoenix.js sends each message in a request of its own, all at once. */
const maxWaiting = 64

/** Lets one in after the other, in the order in which they came. */
export class OneAtATime {
  readonly #clock: Clock
  readonly #patienceMs: number
  readonly #waiting: (() => void)[] = []
  #isTaken = false

  constructor(clock: Clock, patienceMs: number) {
    this.#clock = clock
    this.#patienceMs = patienceMs
  }

  /** Whether nobody is in, and nobody waits. */
  get isIdle(): boolean {
    return !this.#isTaken
  }

  /** Resolves to whether it is one's turn now: false when it takes too long, or too many wait. */
  enter(): Promise<boolean> | boolean {
    if (!this.#isTaken) {
      this.#isTaken = true
      return true
    }
    if (this.#waiting.length >= maxWaiting) return false
    return new Promise((resolve) => {
      const enter = (): void => {
        this.#clock.clearTimeout(timer)
        resolve(true)
      }
      const timer = this.#clock.setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        resolve(false)
      }, this.#patienceMs)
      this.#waiting.push(enter)
    })
  }

  /** Lets the next one in. */
  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#isTaken = false
    else next()
  }
}
