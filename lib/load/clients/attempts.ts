import { oneLine } from '../../log/one-line.js'
import type { Clock } from '../../time/clock.js'

/** Milliseconds until a client has to be there: connected, joined, its DataChannel open. */
const limitMs = 30_000

/** Why an attempt has failed that the signal of its load ended. */
export const interrupted = 'interrupted'

/**
 * What takes time until a client is there, and ends early with the load. They share one listener of the
 * signal: Node warns of more than ten.
 */
export class Attempts {
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #ends = new Set<() => void>()

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock
    this.#signal = signal
    signal.addEventListener('abort', this.end, { once: true })
  }

  /** Ends what is under way. */
  readonly end = (): void => {
    this.#signal.removeEventListener('abort', this.end)
    for (const end of this.#ends) end()
  }

  /** Resolves with what is opened, or with the reason why it is not. */
  async try<T>(open: (signal: AbortSignal) => Promise<T>): Promise<{ opened: T } | { failure: string }> {
    if (this.#signal.aborted) return { failure: interrupted }
    const attempt = new AbortController()
    const end = (): void => attempt.abort(interrupted)
    this.#ends.add(end)
    const late = this.#clock.setTimeout(() => attempt.abort('connect_timeout'), limitMs)
    try {
      return { opened: await open(attempt.signal) }
    } catch (error) {
      return { failure: attempt.signal.aborted ? String(attempt.signal.reason) : oneLine(error) }
    } finally {
      this.#clock.clearTimeout(late)
      this.#ends.delete(end)
    }
  }

  /** Resolves at that time, or when the load is ended. */
  async until(at: number): Promise<void> {
    const ms = at - this.#clock.now()
    if (ms <= 0 || this.#signal.aborted) return
    await new Promise<void>((resolve) => {
      const end = (): void => {
        this.#clock.clearTimeout(timer)
        this.#ends.delete(end)
        resolve()
      }
      const timer = this.#clock.setTimeout(end, ms)
      this.#ends.add(end)
    })
  }
}
