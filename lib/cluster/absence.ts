import type { Clock } from '../time/clock.js'

/** For how long a node has been without its engine: one that comes back and goes again was away all the while. */
export class Absence {
  readonly #clock: Clock
  #since: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Milliseconds; 0 while the engine is there. */
  get ms(): number {
    return this.#since === undefined ? 0 : this.#clock.now() - this.#since
  }

  /** @param agoMs when it was last there, in milliseconds before now */
  begin(agoMs = 0): void {
    this.#since ??= this.#clock.now() - agoMs
  }

  /** The node has heard itself through it. */
  end(): void {
    this.#since = undefined
  }
}
