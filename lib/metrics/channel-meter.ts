import { diagnostics } from '../diagnostics/diagnostics.js'
import type { DiagnosticSocket } from '../diagnostics/events.js'
import type { Listening } from '../diagnostics/listening.js'
import { onTimed } from '../diagnostics/timed.js'
import type { Buckets } from './buckets.js'
import type { MeasuredServer } from './measured-server.js'
import type { Cell, Store } from './store.js'

/** What is measured of the channels of one pattern. */
class PatternSeries {
  readonly channels: Cell
  readonly joinDuration: Buckets

  constructor(store: Store, pattern: string) {
    this.channels = store.cell('channels', pattern)
    this.joinDuration = store.buckets('joinDuration', pattern)
    for (const result of ['ok', 'error', 'crashed', 'refused']) store.cell('joins', pattern, result)
  }
}

/** Counts and times what channels do, by the pattern of their topics: topics are for clients to choose. */
export class ChannelMeter {
  readonly #node: string
  readonly #store: Store
  readonly #patterns = new Map<string, PatternSeries>()

  constructor({ endpoint }: MeasuredServer, store: Store, listening: Listening) {
    this.#node = endpoint.node
    this.#store = store

    onTimed(listening, diagnostics.join, ({ socket, pattern, result = 'error' }, seconds) => {
      if (!this.#isOurs(socket)) return
      const series = this.#of(pattern)
      series.joinDuration.observe(seconds)
      if (result === 'ok') series.channels.value++
      store.cell('joins', pattern, result).value++
    })
    listening.on(diagnostics.recovery, ({ socket, pattern, result, count }) => {
      if (!this.#isOurs(socket)) return
      store.cell('recoveries', pattern, result).value++
      store.cell('recovered', pattern).value += count
    })
    listening.on(diagnostics.left, ({ socket, pattern }) => {
      if (this.#isOurs(socket)) this.#of(pattern).channels.value--
    })
  }

  /** Has all series of a pattern, before anything happens. */
  expect(pattern: string): void {
    this.#of(pattern)
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
