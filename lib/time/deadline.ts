import { InvalidOption } from '../errors.js'
import { describe } from '../util/describe.js'
import { type Clock, longestTimer, type Timer } from './clock.js'

/** Calls back at a date, which may be moved or taken back until then. */
export class Deadline {
  readonly #clock: Clock
  readonly #callback: () => void
  #at: number | undefined
  #timer: Timer | undefined

  constructor(clock: Clock, callback: () => void) {
    this.#clock = clock
    this.#callback = callback
  }

  /**
   * Milliseconds since 1970; undefined is never. A date that has passed calls back soon. Setting what is
   * no number throws `PHX_ERR_OPTION_INVALID`, and changes nothing.
   */
  get at(): number | undefined {
    return this.#at
  }

  set at(date: number | undefined) {
    // What it is set to comes from applications: null is nothing, and what never comes needs no timer.
    const at = date === null || date === Number.POSITIVE_INFINITY ? undefined : date
    if (at !== undefined && (typeof at !== 'number' || Number.isNaN(at))) {
      throw new InvalidOption('expiresAt', `must be a number of milliseconds, not ${describe(at)}`)
    }
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#at = at
    if (at !== undefined) this.#wait(at)
  }

  #wait(at: number): void {
    const ms = Math.max(0, at - this.#clock.date())
    this.#timer = this.#clock.setTimeout(
      () => {
        if (this.#clock.date() < at) return this.#wait(at)
        this.#timer = undefined
        this.#callback()
      },
      Math.min(ms, longestTimer)
    )
    this.#timer.unref()
  }
}
