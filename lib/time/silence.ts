import type { Clock } from './clock.js'

/**
 * For how long nothing has been heard, looked at again and again. A process that stood still has not listened, and what
 * came meanwhile is still to be read: that time does not count.
 */
export class Silence {
  readonly #clock: Clock
  readonly #everyMs: number
  #lastHeard: number
  #lastLook: number

  /** @param everyMs milliseconds from one look to the next */
  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock
    this.#everyMs = everyMs
    this.#lastHeard = clock.now()
    this.#lastLook = this.#lastHeard
  }

  heard(): void {
    this.#lastHeard = this.#clock.now()
  }

  /** Milliseconds since something was heard. */
  look(): number {
    const now = this.#clock.now()
    const late = now - this.#lastLook - this.#everyMs
    if (late > this.#everyMs) this.#lastHeard = Math.min(now, this.#lastHeard + late)
    this.#lastLook = now
    return now - this.#lastHeard
  }
}
