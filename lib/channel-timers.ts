import type { Clock, Timer } from './clock.js'

/** What a channel gets that has ended. */
const neverTimer: Timer = { unref: () => {} }

/** The timers of one channel, so that none of them outlives it. */
export class ChannelTimers {
  readonly #clock: Clock
  readonly #running = new Set<Timer>()
  #stopped = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  set(callback: () => void, ms: number): Timer {
    if (this.#stopped) return neverTimer
    const timer = this.#clock.setTimeout(() => {
      this.#running.delete(timer)
      callback()
    }, ms)
    this.#running.add(timer)
    return timer
  }

  clear(timer: Timer): void {
    if (this.#running.delete(timer)) this.#clock.clearTimeout(timer)
  }

  /** Clears all of them, and starts no more. */
  stop(): void {
    this.#stopped = true
    for (const timer of this.#running) this.#clock.clearTimeout(timer)
    this.#running.clear()
  }
}
