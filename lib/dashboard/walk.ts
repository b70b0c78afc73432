import { setImmediate as immediate } from 'node:timers/promises'
import type { Clock } from '../time/clock.js'

/** Milliseconds of one turn of the event loop that a walk takes; others want theirs. */
const sliceMs = 2

/** So many are looked at between two looks at the clock. */
const stride = 16

/** A walk over everything of one kind, which others have their turns in between of. */
export class Walk {
  readonly #clock: Clock
  readonly #nextTurn: () => Promise<void>
  /** Milliseconds that it has taken so far, the turns of others left out. */
  costMs = 0
  /** How many turns of the event loop it took. */
  slices = 1
  #since: number
  #steps = 0

  /** @param nextTurn resolves in a later turn of the event loop */
  constructor(clock: Clock, nextTurn: () => Promise<void> = () => immediate()) {
    this.#clock = clock
    this.#nextTurn = nextTurn
    this.#since = clock.now()
  }

  /** Visits each that there is, also those that come meanwhile. */
  async each<T>(items: Iterable<T>, visit: (item: T) => void): Promise<void> {
    for (const item of items) {
      visit(item)
      if (++this.#steps % stride === 0) {
        const pause = this.#pause()
        if (pause !== undefined) await pause
      }
    }
  }

  /** As {@link each}, for what takes its time: there may be a turn of others behind each. */
  async slowly<T, Result>(items: Iterable<T>, visit: (item: T) => Result): Promise<Result[]> {
    const results: Result[] = []
    for (const item of items) {
      results.push(visit(item))
      const pause = this.#pause()
      if (pause !== undefined) await pause
    }
    return results
  }

  /** The walk is over; returns what it took. */
  end(): number {
    this.costMs += this.#clock.now() - this.#since
    return this.costMs
  }

  #pause(): Promise<void> | undefined {
    const took = this.#clock.now() - this.#since
    if (took < sliceMs) return undefined
    this.costMs += took
    this.slices++
    return this.#nextTurn().then(() => {
      this.#since = this.#clock.now()
    })
  }
}
