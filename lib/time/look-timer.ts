import type { Clock, Timer } from './clock.js'

/** The one timer of a watch over many: it looks once, and again where that asks for it. Keeps no process alive. */
export class LookTimer {
  readonly #clock: Clock
  readonly #look: () => void
  #timer: Timer | undefined

  constructor(clock: Clock, look: () => void) {
    this.#clock = clock
    this.#look = look
  }

  get isRunning(): boolean {
    return this.#timer !== undefined
  }

  /** Looks in so many milliseconds, in place of when it would have. */
  start(ms: number): void {
    this.stop()
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined
      this.#look()
    }, ms)
    this.#timer.unref()
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
