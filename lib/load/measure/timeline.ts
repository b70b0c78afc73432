import type { Clock } from '../../time/clock.js'
import { Latencies, type Latency } from './latency.js'

/** What came to its end within one stretch of a load. */
export interface Stretch extends Pick<Latency, 'p50' | 'p90' | 'p99' | 'max'> {
  /** Seconds from the beginning of the load to that of the stretch. */
  readonly at: number
  /** How long it is; the last one may be shorter than the others. */
  readonly seconds: number
  /** How many that were; those that come late to who was away have no latency. */
  readonly count: number
  /** How many a second that is. */
  readonly rate: number
  readonly errors: number
}

/** A stretch in which nothing came has no latencies. */
export type TimelineEntry =
  | Stretch
  | (Omit<Stretch, keyof Latency> & Record<'p50' | 'p90' | 'p99' | 'max', null>)

const none = { p50: null, p90: null, p99: null, max: null } as const

/** Latencies and throughput over time; only the stretch that is under way holds latencies one by one. */
export class Timeline {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #entries: TimelineEntry[] = []
  readonly #latencies = new Latencies()
  #count = 0
  #errors = 0
  #began = 0
  /** When the stretch that is under way began. */
  #from = 0

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.begin()
  }

  /** The load begins now. */
  begin(): void {
    this.#began = this.#clock.now()
    this.#from = this.#began
  }

  /** @param ms how long it took, where that is a latency */
  succeeded(now: number, ms?: number): void {
    this.#roll(now)
    this.#count++
    if (ms !== undefined) this.#latencies.record(ms)
  }

  failed(now: number): void {
    this.#roll(now)
    this.#errors++
  }

  /** All stretches up to now; the timeline ends here. */
  end(): readonly TimelineEntry[] {
    const now = this.#clock.now()
    this.#roll(now)
    if (now > this.#from) this.#close(now)
    return this.#entries
  }

  #roll(now: number): void {
    while (now - this.#from >= this.#intervalMs) this.#close(this.#from + this.#intervalMs)
  }

  #close(to: number): void {
    const seconds = (to - this.#from) / 1000
    const latency = this.#latencies.read()
    const times = latency && { p50: latency.p50, p90: latency.p90, p99: latency.p99, max: latency.max }
    this.#entries.push({
      at: (this.#from - this.#began) / 1000,
      seconds,
      count: this.#count,
      rate: this.#count / seconds,
      errors: this.#errors,
      ...(times ?? none)
    })
    this.#latencies.reset()
    this.#count = 0
    this.#errors = 0
    this.#from = to
  }
}
