// The room of what is measured of a load: when what is due, what has come of it, how long it took, and what this
// machine lets one process do.
import type { Clock } from '../../time/clock.js'
import { Latencies, type Latency } from './latency.js'
import { Reasons } from './reasons.js'
import { Recoveries } from './recoveries.js'
import { Timeline } from './timeline.js'

/** What has come of the operations of a load so far: calls, messages, joins. */
export class Tally {
  readonly errors = new Reasons()
  readonly timeline: Timeline
  readonly recoveries = new Recoveries()
  readonly #clock: Clock
  readonly #latencies = new Latencies()
  readonly #named = new Map<string, Latencies>()
  sent = 0
  done = 0
  /** What members of rooms are to hear of it all, what they have heard, and what they have heard again. */
  expected = 0
  delivered = 0
  doubled = 0
  /** When the last of what was to come has come, or failed. */
  lastAt = 0
  /** Called when nothing is open any more. */
  onSettled: (() => void) | undefined

  /** @param intervalMs of the timeline */
  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.timeline = new Timeline(clock, intervalMs)
  }

  /** Operations that nothing came of yet. */
  get open(): number {
    return this.sent - this.done - this.errors.total
  }

  /** Of all that came; null while nothing has. */
  get latency(): Latency | null {
    return this.#latencies.read()
  }

  /** What is measured beside it, by name. */
  get namedLatencies(): Record<string, Latency> {
    const read = [...this.#named].map(([name, latencies]) => [name, latencies.read()])
    return Object.fromEntries(read.filter(([, latency]) => latency !== null))
  }

  /** An operation that was meant to begin at `meantAt` has come to its end. */
  succeeded(meantAt: number): void {
    this.#record(meantAt)
    this.done++
    this.#ended()
  }

  /** An operation has failed. */
  failed(reason: string): void {
    this.lastAt = this.#clock.now()
    this.errors.add(reason)
    this.timeline.failed(this.lastAt)
    this.#ended()
  }

  /** One of those who are to hear of an operation has heard of it. */
  heard(meantAt: number): void {
    this.#record(meantAt)
    this.delivered++
  }

  /** All of them have. */
  heardByAll(meantAt: number): void {
    this.measure('last', this.lastAt - meantAt)
    this.completed()
  }

  /** One has heard of it late, who was away: that tells nothing of how fast the server is. */
  heardLate(): void {
    this.lastAt = this.#clock.now()
    this.timeline.succeeded(this.lastAt)
    this.delivered++
  }

  /** An operation is over, without a time that it took. */
  completed(): void {
    this.done++
    this.#ended()
  }

  /** Takes down what is measured beside the latency of the operations. */
  measure(name: string, ms: number): void {
    let latencies = this.#named.get(name)
    if (latencies === undefined) {
      latencies = new Latencies()
      this.#named.set(name, latencies)
    }
    latencies.record(ms)
  }

  /** The load begins now: what was measured beside it before does not count where that was a rehearsal. */
  begin(wasRehearsed: boolean): void {
    if (wasRehearsed) this.#named.clear()
    this.timeline.begin()
  }

  #record(meantAt: number): void {
    this.lastAt = this.#clock.now()
    const ms = this.lastAt - meantAt
    this.#latencies.record(ms)
    this.timeline.succeeded(this.lastAt, ms)
  }

  #ended(): void {
    if (this.open === 0) this.onSettled?.()
  }
}
