import type { Clock } from '../time/clock.js'

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
  readonly #most: number
  readonly #values = new Map<string, T>()
  #untilSweep = sweepEvery

  /** @param most how many keys are remembered; the oldest are forgotten for more, idle or not. Default all. */
  constructor(make: () => T, clock: Clock, most: number = Number.POSITIVE_INFINITY) {
    this.#make = make
    this.#clock = clock
    this.#most = most
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#values.size
  }

  /** What is remembered of the key; nothing is made for it. */
  get(key: string): T | undefined {
    return this.#values.get(key)
  }

  of(key: string): T {
    let value = this.#values.get(key)
    if (value === undefined) {
      // Sweeping once in so many new keys costs each of them a constant and needs no timer.
      if (--this.#untilSweep <= 0 || this.#values.size >= this.#most) this.#sweep()
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
    // A tenth of them at a time, so that each new key pays for the next sweep.
    const room = this.#most - this.#most / 10
    for (const key of this.#values.keys()) {
      if (this.#values.size <= room) break
      this.#values.delete(key)
    }
    this.#untilSweep = Math.max(sweepEvery, this.#values.size)
  }
}
