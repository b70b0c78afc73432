import { InvalidOption } from '../errors.js'
import { type Clock, longestTimer, type Timer } from '../time/clock.js'
import { LongTimer } from '../time/long-timer.js'
import { describe } from '../util/describe.js'

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

  /**
   * Calls back after so many milliseconds: those of a negative number are over, Infinity is never.
   * Throws `PHX_ERR_OPTION_INVALID` for what is no number.
   */
  set(callback: () => void, ms: number): Timer {
    if (typeof ms !== 'number' || Number.isNaN(ms)) {
      throw new InvalidOption('setTimeout', `must be given a number of milliseconds, not ${describe(ms)}`)
    }
    if (this.#stopped) return neverTimer
    const run = (): void => {
      this.#running.delete(timer)
      callback()
    }
    const timer =
      ms > longestTimer ? new LongTimer(this.#clock, run, ms) : this.#clock.setTimeout(run, Math.max(0, ms))
    this.#running.add(timer)
    return timer
  }

  clear(timer: Timer): void {
    if (this.#running.delete(timer)) this.#end(timer)
  }

  /** Clears all of them, and starts no more. */
  stop(): void {
    this.#stopped = true
    for (const timer of this.#running) this.#end(timer)
    this.#running.clear()
  }

  #end(timer: Timer): void {
    if (timer instanceof LongTimer) timer.stop()
    else this.#clock.clearTimeout(timer)
  }
}
