import type { RecordableHistogram } from 'node:perf_hooks'

/** What was done in a round. */
export interface Work {
  operations: number
  /** From the first operation to the end of the last. */
  seconds: number
  /** In nanoseconds. */
  latency?: RecordableHistogram
}
