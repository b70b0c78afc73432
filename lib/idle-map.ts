import type { Clock } from './clock.js'

/** Something that can be forgotten and made anew once it is idle. */
export interface Idle {
  isIdle(now: number): boolean
}

const sweepEvery = 1000

/**
 * One thing for each key, made when it is first asked for. It outlives whoever asked for it until it
 * is idle, so that coming back resets nothing.
 */
export class IdleMap<T extends Idle> {
  readonly #make: () => T
  readonly #clock: Clock
  readonly #values = new Map<string, T>()
  #untilSweep = sweepEvery

  constructor(make: () => T, clock: Clock) {
    this.#make = make
    this.#clock = clock
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#values.size
  }

  of(key: string): T {
    let value = this.#values.get(key)
    if (value === undefined) {
      // Sweeping once in so many new keys costs each of them a constant and needs no timer.
      if (--this.#untilSweep <= 0) this.#sweep()
      value = this.#make()
      this.#values.set(key, value)
    }
    return value
  }

  /** Forgets the key when its value is idle. */
  release(key: string): void {
    if (this.#values.get(key)?.isIdle(this.#clock.now())) this.#values.delete(key)
  }

  #sweep(): void {
    const now = this.#clock.now()
    for (const [key, value] of this.#values) if (value.isIdle(now)) this.#values.delete(key)
    this.#untilSweep = Math.max(sweepEvery, this.#values.size)
  }
}
