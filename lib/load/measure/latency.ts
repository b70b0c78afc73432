import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** Latencies in milliseconds. */
export interface Latency {
  readonly min: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** The figures of latencies, in the order of the report. */
export const latencyFigures = ['min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const

/** Takes latencies down, in as much memory for millions of them as for one. */
export class Latencies {
  readonly #histogram: RecordableHistogram = createHistogram()

  record(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * 1e6)))
  }

  /** Null while there are none. */
  read(): Latency | null {
    const histogram = this.#histogram
    if (histogram.count === 0) return null
    const ms = (percentile: number): number => histogram.percentile(percentile) / 1e6
    return {
      min: histogram.min / 1e6,
      mean: histogram.mean / 1e6,
      p50: ms(50),
      p90: ms(90),
      p95: ms(95),
      p99: ms(99),
      p999: ms(99.9),
      max: histogram.max / 1e6
    }
  }

  reset(): void {
    this.#histogram.reset()
  }
}
