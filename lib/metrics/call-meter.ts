import type { Meter, MeteredCall, MeteredRegistry } from '../diagnostics/meter.js'
import type { EndpointServer } from '../endpoint/endpoint-server.js'
import type { Buckets } from './buckets.js'
import { HookMeter } from './hook-meter.js'
import { type Cell, Store } from './store.js'

/** What is measured of the handlers of one pattern. */
class HandlerSeries {
  readonly duration: Buckets
  readonly ok: Cell
  readonly error: Cell
  readonly crashed: Cell

  constructor(store: Store, pattern: string) {
    this.duration = store.buckets('handlerDuration', pattern)
    this.ok = store.cell('handlerRuns', pattern, 'ok')
    this.error = store.cell('handlerRuns', pattern, 'error')
    this.crashed = store.cell('handlerRuns', pattern, 'crashed')
  }
}

/** Milliseconds, and how many calls are timed in them whatever else comes: a thousand a second. */
const roundMs = 20
const timedEach = 20

/** Of the calls beyond that, one of so many is timed, and stands for all of them. */
const stride = 8

/**
 * Counts handlers, hook calls and broadcasts of one server, and times them. A look at the clock takes as long as all
 * the rest: while there are many calls, not each of them is timed. What is not timed begins at 0, and what stands for
 * several at the negative of its moment.
 */
export class CallMeter implements Meter {
  readonly store = new Store()
  readonly #handlers = new Map<string, HandlerSeries>()
  readonly #hooks = new HookMeter(this.store)
  readonly #delivered = this.store.cell('broadcasts', 'ok')
  readonly #failed = this.store.cell('broadcasts', 'failed')
  readonly #receivers = this.store.cell('broadcastReceivers')
  readonly #broadcastDuration = this.store.buckets('broadcastDuration')
  readonly #timer: NodeJS.Timeout
  /** How many are still timed in this round, and how many came beyond them. */
  #left = timedEach
  #beyond = 0
  /** Whether a handler runs that has not returned yet. */
  #isHandling = false
  /** When it began, and when the hook ended that it called: one look at the clock is for both. 0 for neither. */
  #begun = 0
  #endedAt = 0

  constructor() {
    this.#timer = setInterval(() => {
      this.#left = timedEach
    }, roundMs)
    this.#timer.unref()
  }

  /** Has all series of a pattern, before anything happens. */
  expect(pattern: string): HandlerSeries {
    let series = this.#handlers.get(pattern)
    if (series === undefined) {
      series = new HandlerSeries(this.store, pattern)
      this.#handlers.set(pattern, series)
    }
    return series
  }

  handlerBegins(): number {
    this.#isHandling = true
    this.#endedAt = 0
    this.#begun = this.#begin()
    return this.#begun
  }

  handlerReturns(begun: number, pattern: string, result: string | undefined): void {
    this.#isHandling = false
    if (result !== undefined) this.#handled(begun, this.#endedAt, pattern, result)
  }

  handlerSettles(begun: number, pattern: string, result: string): void {
    this.#handled(begun, 0, pattern, result)
  }

  hookBegins(): number {
    return this.#isHandling ? this.#begun : this.#begin()
  }

  hookEnds(begun: number, call: MeteredCall, registry: MeteredRegistry, result: string): void {
    const series = this.#hooks.count(call, registry, result)
    if (begun === 0) return
    const ended = performance.now()
    if (this.#isHandling) this.#endedAt = ended
    observe(series.duration, begun, ended)
  }

  broadcastBegins(): number {
    return this.#begin()
  }

  broadcastEnds(begun: number, receivers: number, isDelivered: boolean): void {
    if (begun !== 0) observe(this.#broadcastDuration, begun, performance.now())
    this.#receivers.value += receivers
    const cell = isDelivered ? this.#delivered : this.#failed
    cell.value++
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #begin(): number {
    if (this.#left > 0) {
      this.#left--
      return performance.now()
    }
    return ++this.#beyond % stride === 0 ? -performance.now() : 0
  }

  #handled(begun: number, endedAt: number, pattern: string, result: string): void {
    const series = this.expect(pattern)
    if (begun !== 0) observe(series.duration, begun, endedAt || performance.now())
    if (result === 'ok') series.ok.value++
    else if (result === 'error') series.error.value++
    else series.crashed.value++
  }
}

function observe(duration: Buckets, begun: number, ended: number): void {
  if (begun > 0) duration.observe((ended - begun) / 1000)
  else duration.observe((ended + begun) / 1000, stride)
}

/** The meters of servers, and how many need them. */
const meters = new WeakMap<EndpointServer, { readonly meter: CallMeter; users: number }>()

/** The one meter of a server, until the result's `release` is called. */
export function useMeter(endpoint: EndpointServer): { readonly meter: CallMeter; release(): void } {
  const shared = meters.get(endpoint) ?? { meter: new CallMeter(), users: 0 }
  meters.set(endpoint, shared)
  shared.users++
  endpoint.meters.current = shared.meter
  return {
    meter: shared.meter,
    release() {
      if (--shared.users > 0) return
      endpoint.meters.current = undefined
      meters.delete(endpoint)
      shared.meter.close()
    }
  }
}
