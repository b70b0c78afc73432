import { diagnostics } from '../diagnostics/diagnostics.js'
import type { HookTrace } from '../diagnostics/events.js'
import { hooksOf } from '../hooks/define.js'
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
  readonly #server: MeasuredServer
  readonly #store: Store
  readonly #hooks = new Map<string, Map<string, Hook>>()
  readonly #unknown: Hook = {}

  constructor(server: MeasuredServer, store: Store, listening: Listening) {
    this.#server = server
    this.#store = store
    listening.onTrace(diagnostics.hook, (call, seconds) => this.#called(call, seconds))
  }

  #called(call: HookTrace, seconds: number): void {
    if (call.socket.node !== this.#server.endpoint.node) return
    const { hookPlugin, fn, transport, result } = call
    const hook = this.#hooks.get(hookPlugin)?.get(fn) ?? this.#find(hookPlugin, fn)
    let series = hook[transport]
    if (series === undefined) {
      series = this.#series(hook === this.#unknown ? '' : hookPlugin, hook === this.#unknown ? '' : fn, transport)
      hook[transport] = series
    }
    series.duration.observe(seconds)
    series.of(result).value++
  }

  /** For a hook that there is, the place where its series are from now on. */
  #find(hookPlugin: string, fn: string): Hook {
    const { plugins } = this.#server.endpoint.hookLives
    if (!plugins.some((plugin) => plugin.name === hookPlugin && hooksOf(plugin)?.has(fn))) return this.#unknown
    let functions = this.#hooks.get(hookPlugin)
    if (functions === undefined) {
      functions = new Map()
      this.#hooks.set(hookPlugin, functions)
    }
    const hook: Hook = {}
    functions.set(fn, hook)
    return hook
  }

  #series(plugin: string, fn: string, transport: string): HookSeries {
    return new HookSeries(this.#store, [plugin, fn, transport])
  }
}
