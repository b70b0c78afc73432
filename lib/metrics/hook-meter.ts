import { diagnostics } from '../diagnostics/diagnostics.js'
import type { HookTrace } from '../diagnostics/events.js'
import { failures } from '../hooks/results.js'
import type { Buckets } from './buckets.js'
import type { Listening } from './listening.js'
import type { MeasuredServer } from './server-metrics.js'
import type { Cell, Store } from './store.js'

/** The results that the server gives itself: a reason of the application is `refused`, as it may be any text. */
const results = new Set(Object.values(failures).map(({ reason }) => reason))

/** Results that every hook shows from its first call on, so that the first failure is seen as one more. */
const shown = ['internal_error', 'timeout']

/** What is measured of one hook over one transport. */
class HookSeries {
  readonly duration: Buckets
  readonly ok: Cell
  readonly #results = new Map<string, Cell>()
  readonly #make: (result: string) => Cell

  constructor(store: Store, labels: readonly [plugin: string, fn: string, transport: string]) {
    this.#make = (result) => store.cell('hookCalls', ...labels, result)
    this.duration = store.buckets('hookDuration', ...labels)
    this.ok = this.#make('ok')
    for (const result of shown) this.of(result)
  }

  of(reason: string | undefined): Cell {
    if (reason === 'ok') return this.ok
    const result = reason !== undefined && results.has(reason) ? reason : 'refused'
    let cell = this.#results.get(result)
    if (cell === undefined) {
      cell = this.#make(result)
      this.#results.set(result, cell)
    }
    return cell
  }
}

type Hook = { [transport in HookTrace['transport']]?: HookSeries }

/** Counts and times hook calls. What clients call and is no hook makes no labels, whatever they call it. */
export class HookMeter {
  readonly #store: Store
  readonly #plugins = new Map<string, Map<string, Hook>>()
  readonly #unknown: Hook = {}

  constructor({ endpoint: { node } }: MeasuredServer, store: Store, listening: Listening) {
    this.#store = store
    listening.onTrace(diagnostics.hook, (call, seconds) => {
      if (call.socket.node !== node) return
      const series = this.#of(call)
      series.duration.observe(seconds)
      series.of(call.result).value++
    })
  }

  #of({ isKnown, hookPlugin, fn, transport }: HookTrace): HookSeries {
    const hook = isKnown
      ? (this.#plugins.get(hookPlugin)?.get(fn) ?? this.#add(hookPlugin, fn))
      : this.#unknown
    let series = hook[transport]
    if (series === undefined) {
      series = new HookSeries(this.#store, [isKnown ? hookPlugin : '', isKnown ? fn : '', transport])
      hook[transport] = series
    }
    return series
  }

  #add(hookPlugin: string, fn: string): Hook {
    let plugin = this.#plugins.get(hookPlugin)
    if (plugin === undefined) {
      plugin = new Map()
      this.#plugins.set(hookPlugin, plugin)
    }
    const hook: Hook = {}
    plugin.set(fn, hook)
    return hook
  }
}
