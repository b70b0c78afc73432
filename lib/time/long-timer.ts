import { type Clock, longestTimer, type Timer } from './clock.js'

/** A timer that may run for longer than one of Node, which is set again and again. */
export class LongTimer implements Timer {
  readonly #clock: Clock
  readonly #callback: () => void
  readonly #end: number
  #timer: Timer | undefined
  #isUnref = false

  /** @param ms milliseconds; Infinity is never */
  constructor(clock: Clock, callback: () => void, ms: number) {
    this.#clock = clock
    this.#callback = callback
    this.#end = clock.now() + ms
    this.#wait()
  }

  unref(): this {
    this.#isUnref = true
    this.#timer?.unref()
    return this
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #wait(): void {
    const left = this.#end - this.#clock.now()
    this.#timer = this.#clock.setTimeout(() => this.#goOn(), Math.min(left, longestTimer))
    if (this.#isUnref) this.#timer.unref()
  }

  #goOn(): void {
    this.#timer = undefined
    if (this.#end > this.#clock.now()) this.#wait()
    else this.#callback()
  }
}
