import { diagnostics } from '../diagnostics/diagnostics.js'
import type { DiagnosticSocket } from '../diagnostics/events.js'
import type { Buckets } from './buckets.js'
import type { Listening } from './listening.js'
import type { MeasuredServer } from './server-metrics.js'
import type { Cell, Store } from './store.js'

/** What is measured of the channels of one pattern. */
class PatternSeries {
  readonly channels: Cell
  readonly joinDuration: Buckets
  readonly handlerDuration: Buckets
  readonly handled: Cell
  readonly failed: Cell

  constructor(store: Store, pattern: string) {
    this.channels = store.cell('channels', pattern)
    this.joinDuration = store.buckets('joinDuration', pattern)
    this.handlerDuration = store.buckets('handlerDuration', pattern)
    this.handled = store.cell('handlerRuns', pattern, 'ok')
    this.failed = store.cell('handlerRuns', pattern, 'error')
    store.cell('handlerRuns', pattern, 'crashed')
    for (const result of ['ok', 'error', 'crashed', 'refused']) store.cell('joins', pattern, result)
  }
}

/** Counts and times what channels do, by the pattern of their topics: topics are for clients to choose. */
export class ChannelMeter {
  readonly #node: string
  readonly #store: Store
  readonly #patterns = new Map<string, PatternSeries>()

  constructor({ endpoint, patterns }: MeasuredServer, store: Store, listening: Listening) {
    this.#node = endpoint.node
    this.#store = store
    for (const pattern of patterns()) this.#of(pattern)
    const failed = store.cell('broadcasts', 'failed')
    const broadcasts = store.cell('broadcasts', 'ok')
    const receivers = store.cell('broadcastReceivers')
    const duration = store.buckets('broadcastDuration')

    listening.onTrace(diagnostics.join, ({ socket, pattern, result = 'error' }, seconds) => {
      if (!this.#isOurs(socket)) return
      const series = this.#of(pattern)
      series.joinDuration.observe(seconds)
      if (result === 'ok') series.channels.value++
      store.cell('joins', pattern, result).value++
    })
    listening.on(diagnostics.left, ({ socket, pattern }) => {
      if (this.#isOurs(socket)) this.#of(pattern).channels.value--
    })
    listening.onTrace(diagnostics.handleIn, ({ socket, pattern, result }, seconds) => {
      if (!this.#isOurs(socket)) return
      const series = this.#of(pattern)
      series.handlerDuration.observe(seconds)
      if (result === 'ok') series.handled.value++
      else if (result === 'error') series.failed.value++
      else store.cell('handlerRuns', pattern, 'crashed').value++
    })
    listening.onTrace(diagnostics.broadcast, (broadcast, seconds) => {
      if (broadcast.node !== this.#node) return
      duration.observe(seconds)
      receivers.value += broadcast.receivers
      if (broadcast.result === 'ok') broadcasts.value++
      else failed.value++
    })
  }

  #isOurs({ node }: DiagnosticSocket): boolean {
    return node === this.#node
  }

  #of(pattern: string): PatternSeries {
    let series = this.#patterns.get(pattern)
    if (series === undefined) {
      series = new PatternSeries(this.#store, pattern)
      this.#patterns.set(pattern, series)
    }
    return series
  }
}
