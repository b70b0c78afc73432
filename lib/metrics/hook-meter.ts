import type { MeteredCall, MeteredRegistry } from '../diagnostics/meter.js'
import { reasonLabel } from '../hooks/results.js'
import type { Buckets } from './buckets.js'
import type { Cell, Store } from './store.js'

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

  /** Of any other result than `ok`. */
  of(reason: string): Cell {
    const result = reasonLabel(reason)
    let cell = this.#results.get(result)
    if (cell === undefined) {
      cell = this.#make(result)
      this.#results.set(result, cell)
    }
    return cell
  }
}

type Hook = { [transport in MeteredCall['transport']]?: HookSeries }

/** Counts hook calls. What clients call and is no hook makes no labels, whatever they call it. */
export class HookMeter {
  readonly #store: Store
  readonly #plugins = new Map<string, Map<string, Hook>>()
  readonly #unknown: Hook = {}

  constructor(store: Store) {
    this.#store = store
  }

  /** Returns where its time belongs. */
  count({ hookPlugin, fn, transport }: MeteredCall, registry: MeteredRegistry, result: string): HookSeries {
    const hook = this.#plugins.get(hookPlugin)?.get(fn) ?? this.#find(hookPlugin, fn, registry)
    const series = hook[transport] ?? this.#add(hook, hookPlugin, fn, transport)
    const cell = result === 'ok' ? series.ok : series.of(result)
    cell.value++
    return series
  }

  #find(hookPlugin: string, fn: string, registry: MeteredRegistry): Hook {
    if (registry.find(hookPlugin, fn) === undefined) return this.#unknown
    let plugin = this.#plugins.get(hookPlugin)
    if (plugin === undefined) {
      plugin = new Map()
      this.#plugins.set(hookPlugin, plugin)
    }
    const hook: Hook = {}
    plugin.set(fn, hook)
    return hook
  }

  #add(hook: Hook, hookPlugin: string, fn: string, transport: MeteredCall['transport']): HookSeries {
    const names = hook === this.#unknown ? (['', ''] as const) : ([hookPlugin, fn] as const)
    const series = new HookSeries(this.#store, [...names, transport])
    hook[transport] = series
    return series
  }
}
