import type { Clock } from '../time/clock.js'

export interface DepartureOptions {
  readonly clock: Clock
  /** The node says that it goes, and goes on with everything. */
  announce(): void
  /** Called once. */
  drain(): Promise<void>
}

/** The way of a node out of service: it says so first, and is drained once. */
export class Departure {
  readonly #options: DepartureOptions
  #hasBegun = false
  #drained: Promise<void> | undefined
  #endDelay: (() => void) | undefined

  constructor(options: DepartureOptions) {
    this.#options = options
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Says that it goes, which others decide when. */
  announce(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    this.#options.announce()
  }

  /** Drains after the delay, which {@link now} cuts short. */
  after(delayMs: number): Promise<void> {
    if (this.#drained === undefined) {
      this.announce()
      this.#drained = this.#wait(delayMs).then(() => this.#options.drain())
    }
    return this.#drained
  }

  now(): Promise<void> {
    this.#hasBegun = true
    this.#endDelay?.()
    this.#drained ??= this.#options.drain()
    return this.#drained
  }

  #wait(delayMs: number): Promise<void> {
    if (delayMs <= 0) return Promise.resolve()
    const { clock } = this.#options
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, delayMs)
      this.#endDelay = () => {
        clock.clearTimeout(timer)
        resolve()
      }
    })
  }
}
