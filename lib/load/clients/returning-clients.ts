import type { Clock } from '../../time/clock.js'
import type { Recoveries } from '../measure/recoveries.js'
import { Attempts, interrupted } from './attempts.js'
import { type CrowdSize, LoadClients } from './clients.js'
import type { RecoveringClient } from './recovering-client.js'

/** Milliseconds after the end of the load in which who is away has to be back. */
const lastMs = 10_000

/** Milliseconds between two attempts to come back: twice as many each time, up to the longest. */
const firstPauseMs = 50
const longestPauseMs = 2000

/** Clients that are cut off, or lost, and come back. */
export class ReturningClients extends LoadClients<RecoveringClient> {
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #recoveries: Recoveries
  readonly #attempts: Attempts
  /** What clients wait for while the load lasts. */
  readonly #breaks: Attempts
  #until = Number.POSITIVE_INFINITY

  constructor(
    { size, clock, signal }: { size: CrowdSize; clock: Clock; signal: AbortSignal },
    recoveries: Recoveries,
    open: (n: number, signal: AbortSignal) => Promise<RecoveringClient>
  ) {
    super(size, clock, open)
    this.#clock = clock
    this.#signal = signal
    this.#recoveries = recoveries
    this.#attempts = new Attempts(clock, signal)
    this.#breaks = new Attempts(clock, signal)
  }

  get #isLasting(): boolean {
    return this.#until === Number.POSITIVE_INFINITY && !this.#signal.aborted
  }

  /** Waits at random for so long on average. Resolves with whether the load lasts. */
  async pause(meanMs: number): Promise<boolean> {
    if (this.#isLasting) await this.#breaks.until(this.#clock.now() + Math.random() * 2 * meanMs)
    return this.#isLasting
  }

  /** Whoever pauses goes on at once, and who is away comes back for the last time. */
  endBreaks(): void {
    this.#until = this.#clock.now() + lastMs
    this.#breaks.end()
  }

  /** Has a client come back, as often as that takes. */
  async bringBack(client: RecoveringClient): Promise<void> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const result = await this.#attempts.try((signal) => client.come(signal))
      if ('opened' in result || result.failure === interrupted) return
      client.lostReason = result.failure
      this.#recoveries.failures.add(result.failure)
      await this.#attempts.until(this.#clock.now() + pauseMs)
      if (this.#clock.now() >= this.#until) return
    }
  }

  override close(): Promise<void> {
    this.#until = 0
    this.#breaks.end()
    this.#attempts.end()
    return super.close()
  }
}
