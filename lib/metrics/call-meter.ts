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

/** Counts and times handlers, hook calls and broadcasts of one server. */
export class CallMeter implements Meter {
  readonly store = new Store()
  readonly #handlers = new Map<string, HandlerSeries>()
  readonly #hooks = new HookMeter(this.store)
  readonly #delivered = this.store.cell('broadcasts', 'ok')
  readonly #failed = this.store.cell('broadcasts', 'failed')
  readonly #receivers = this.store.cell('broadcastReceivers')
  readonly #broadcastDuration = this.store.buckets('broadcastDuration')
  /** Whether a handler runs that has not returned yet. */
  #isHandling = false
  /** When it began, and when the hook ended that it called: one look at the clock is for both. 0 for neither. */
  #begunAt = 0
  #endedAt = 0

  /** Has all series of a pattern, before anything happens. */
  expect(pattern: string): HandlerSeries {
    const series = new HandlerSeries(this.store, pattern)
    this.#handlers.set(pattern, series)
    return series
  }

  handlerBegins(): number {
    this.#isHandling = true
    this.#endedAt = 0
    this.#begunAt = performance.now()
    return this.#begunAt
  }

  handlerReturns(begun: number, pattern: string, result: string | undefined): void {
    const ended = this.#endedAt
    this.#isHandling = false
    this.#begunAt = 0
    this.#endedAt = 0
    if (result !== undefined) this.#handled((ended || performance.now()) - begun, pattern, result)
  }

  handlerSettles(begun: number, pattern: string, result: string): void {
    this.#handled(performance.now() - begun, pattern, result)
  }

  hookBegins(): number {
    const begun = this.#begunAt || performance.now()
    this.#begunAt = 0
    return begun
  }

  hookEnds(begun: number, call: MeteredCall, registry: MeteredRegistry, result: string): void {
    const ended = performance.now()
    if (this.#isHandling) this.#endedAt = ended
    this.#hooks.called(call, registry, (ended - begun) / 1000, result)
  }

  broadcastBegins(): number {
    return performance.now()
  }

  broadcastEnds(begun: number, receivers: number, isDelivered: boolean): void {
    this.#broadcastDuration.observe((performance.now() - begun) / 1000)
    this.#receivers.value += receivers
    const cell = isDelivered ? this.#delivered : this.#failed
    cell.value++
  }

  #handled(ms: number, pattern: string, result: string): void {
    const series = this.#handlers.get(pattern) ?? this.expect(pattern)
    series.duration.observe(ms / 1000)
    if (result === 'ok') series.ok.value++
    else if (result === 'error') series.error.value++
    else series.crashed.value++
  }
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
      if (--shared.users === 0) endpoint.meters.current = undefined
    }
  }
}
