import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { Sample } from './protocol.js'

/** Milliseconds between two looks at the event loop: a stall that is shorter shows in part. */
const resolutionMs = 20

/** What this process takes of its machine. */
export type ProcessLoad = Pick<
  Sample,
  'loopP50Ms' | 'loopP99Ms' | 'loopMaxMs' | 'cpu' | 'rssBytes' | 'heapBytes'
>

/** Measures what this process takes, from one {@link read} to the next. */
export class LoadMeter {
  readonly #delays: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs })
  #cpu = process.cpuUsage()
  #at = performance.now()

  constructor() {
    this.#delays.enable()
  }

  read(): ProcessLoad {
    const now = performance.now()
    const before = this.#cpu
    this.#cpu = process.cpuUsage()
    const cpuMicroseconds = this.#cpu.user - before.user + this.#cpu.system - before.system
    const elapsedMs = Math.max(1, now - this.#at)
    this.#at = now
    const { rss, heapUsed } = process.memoryUsage()
    const delays = this.#delays
    const load = {
      loopP50Ms: late(delays.percentile(50)),
      loopP99Ms: late(delays.percentile(99)),
      loopMaxMs: late(delays.max),
      cpu: rounded(cpuMicroseconds / 1000 / elapsedMs),
      rssBytes: rss,
      heapBytes: heapUsed
    }
    delays.reset()
    return load
  }

  stop(): void {
    this.#delays.disable()
  }
}

/** It measures from one look to the next; before the first two of them there is no number. */
function late(nanoseconds: number): number {
  const ms = nanoseconds / 1e6 - resolutionMs
  return ms > 0 && ms < 1e9 ? rounded(ms) : 0
}

const rounded = (value: number): number => Math.round(value * 100) / 100
