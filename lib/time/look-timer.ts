import type { Clock, Timer } from './clock.js'

/** The one timer of a watch over many: it looks once, and again where that asks for it. Keeps no process alive. */
export class LookTimer {
  readonly #clock: Clock
  readonly #look: (lateMs: number) => void
  #timer: Timer | undefined

  /** `look` is told how much later than asked it is called: for so long the process may have stood still. */
  constructor(clock: Clock, look: (lateMs: number) => void) {
    this.#clock = clock
    this.#look = look
  }

  get isRunning(): boolean {
    return this.#timer !== undefined
  }

  /** Looks in so many milliseconds, in place of when it would have. */
  start(ms: number): void {
    this.stop()
    const dueAt = this.#clock.now() + ms
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined
      this.#look(Math.max(0, this.#clock.now() - dueAt))
    }, ms)
    this.#timer.unref()
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
