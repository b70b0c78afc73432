import type { Clock, Timer } from './clock.js'

/** The timers of one channel, so that none of them outlives it. */
export class ChannelTimers {
  readonly #clock: Clock
  readonly #running = new Set<Timer>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  set(callback: () => void, ms: number): Timer {
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

  clearAll(): void {
    for (const timer of this.#running) this.#clock.clearTimeout(timer)
    this.#running.clear()
  }
}
