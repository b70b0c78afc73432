import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** Latencies in milliseconds. */
export interface Latency {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** Reasons come from the server: so many are told apart, and the rest is counted as one. */
const maxReasons = 50
const otherReasons = 'other'

/** How often each reason was given. */
export class Reasons {
  readonly #counts = new Map<string, number>()

  add(reason: string): void {
    const known = this.#counts.has(reason) || this.#counts.size < maxReasons
    const name = known ? reason : otherReasons
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  get total(): number {
    let total = 0
    for (const count of this.#counts.values()) total += count
    return total
  }

  /** The most frequent first. */
  toObject(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([, a], [, b]) => b - a))
  }
}

/** What has come of the calls so far. */
export class Tally {
  readonly errors = new Reasons()
  readonly #latency: RecordableHistogram = createHistogram()
  sent = 0
  answered = 0

  /** A call was answered with a result, so many milliseconds after it was meant to be sent. */
  succeeded(ms: number): void {
    this.answered++
    this.#latency.record(Math.max(1, Math.round(ms * 1e6)))
  }

  /** Calls that nothing came of yet. */
  get open(): number {
    return this.sent - this.answered - this.errors.total
  }

  /** Of the calls that were answered with a result; null while there are none. */
  get latency(): Latency | null {
    if (this.answered === 0) return null
    const ms = (percentile: number): number => this.#latency.percentile(percentile) / 1e6
    return { p50: ms(50), p90: ms(90), p99: ms(99), p999: ms(99.9), max: this.#latency.max / 1e6 }
  }
}
