import type { HookTrace } from '../diagnostics/events.js'
import { Latencies, type LatencyCounts } from './latency.js'
import type { Hooks } from './protocol.js'
import { Top } from './top.js'

type SlowCall = Hooks['slowest'][number]

/** Functions that are told apart; what comes beyond them counts as one. */
const maxFunctions = 500

/** Reasons of errors of one function that are told apart: hooks may refuse with any. */
const maxReasons = 20

/** How many of the slowest calls are kept, and for how long. */
const maxSlow = 50
const slowMs = 10 * 60_000

const others = 'others'

interface FunctionRecord {
  readonly hookPlugin: string
  readonly fn: string
  calls: number
  readonly errors: Map<string, number>
  readonly latencies: Latencies
}

/** What one node has to say of its hooks. */
export interface HookReport {
  readonly functions: readonly {
    readonly hookPlugin: string
    readonly fn: string
    readonly calls: number
    readonly errors: Readonly<Record<string, number>>
    readonly latencies: LatencyCounts
  }[]
  readonly slowest: readonly SlowCall[]
}

/** How often each hook was called since the start, what came of it, and how long it took. */
export class HookRecords {
  readonly #node: string
  readonly #functions = new Map<string, FunctionRecord>()
  #slowest: SlowCall[] = []
  /** Milliseconds that a call has to take to be among the slowest. */
  #slowFrom = 0

  constructor(node: string) {
    this.#node = node
  }

  /** @param at when it ended, in milliseconds since 1970 */
  add(call: HookTrace, ms: number, at: number): void {
    const record = this.#recordOf(call)
    record.calls++
    record.latencies.add(ms)
    const { result = 'internal_error' } = call
    if (result !== 'ok') {
      const isRoom = record.errors.size < maxReasons || record.errors.has(result)
      count(record.errors, isRoom ? result : others)
    }
    if (ms > this.#slowFrom && call.isKnown) this.#addSlow(call, ms, at)
  }

  /** Forgets slow calls of long ago. */
  sweep(now: number): void {
    const [oldest] = this.#slowest
    if (oldest === undefined || oldest.at > now - slowMs) return
    this.#keep(this.#slowest.filter(({ at }) => at > now - slowMs))
  }

  report(): HookReport {
    return {
      functions: Array.from(this.#functions.values(), ({ hookPlugin, fn, calls, errors, latencies }) => ({
        hookPlugin,
        fn,
        calls,
        errors: Object.fromEntries(errors),
        latencies: latencies.toJSON()
      })),
      slowest: this.#slowest
    }
  }

  /** Names that are no hook are the client's own, and any number of them. */
  #recordOf({ hookPlugin, fn, isKnown }: HookTrace): FunctionRecord {
    const isApart = isKnown && this.#functions.size < maxFunctions
    const key = `${hookPlugin}\n${fn}`
    const known = this.#functions.get(key)
    if (known !== undefined && isKnown) return known
    return isApart ? this.#make(key, hookPlugin, fn) : this.#rest(isKnown)
  }

  #rest(isKnown: boolean): FunctionRecord {
    const name = isKnown ? others : 'no such hook'
    return this.#functions.get(name) ?? this.#make(name, `(${name})`, '')
  }

  #make(key: string, hookPlugin: string, fn: string): FunctionRecord {
    const record = { hookPlugin, fn, calls: 0, errors: new Map(), latencies: new Latencies() }
    this.#functions.set(key, record)
    return record
  }

  #addSlow({ hookPlugin, fn, userId, transport, result }: HookTrace, ms: number, at: number): void {
    const call = { at, node: this.#node, hookPlugin, fn, userId, transport, ms, result: result ?? '' }
    this.#slowest.push(call)
    // In one go for many: it costs less than a place in order for each.
    if (this.#slowest.length >= 2 * maxSlow) this.#keep(this.#slowest)
  }

  #keep(calls: readonly SlowCall[]): void {
    const slowest = slowestOf(calls, maxSlow)
    this.#slowFrom = slowest.length < maxSlow ? 0 : (slowest.at(-1)?.ms ?? 0)
    this.#slowest = slowest.sort((one, other) => one.at - other.at)
  }
}

/** All nodes together. */
export function mergeHooks(reports: readonly HookReport[], silent: readonly string[]): Hooks {
  const merged = new Map<string, FunctionRecord>()
  for (const { hookPlugin, fn, calls, errors, latencies } of reports.flatMap(({ functions }) => functions)) {
    const key = `${hookPlugin}\n${fn}`
    const record = merged.get(key) ?? {
      hookPlugin,
      fn,
      calls: 0,
      errors: new Map<string, number>(),
      latencies: new Latencies()
    }
    merged.set(key, record)
    record.calls += calls
    record.latencies.merge(latencies)
    for (const [reason, times] of Object.entries(errors)) count(record.errors, reason, times)
  }
  const hooks = Array.from(merged.values(), ({ hookPlugin, fn, calls, errors, latencies }) => ({
    hookPlugin,
    fn,
    calls,
    errors: Object.fromEntries(errors),
    p50Ms: latencies.percentile(0.5) ?? 0,
    p99Ms: latencies.percentile(0.99) ?? 0,
    maxMs: latencies.max
  }))
  const slowest = slowestOf(
    reports.flatMap((report) => report.slowest),
    maxSlow
  )
  return { hooks: hooks.sort((one, other) => other.calls - one.calls), slowest, silent }
}

function slowestOf(calls: readonly SlowCall[], most: number): SlowCall[] {
  const top = new Top<SlowCall>(most, (one, other) => one.ms > other.ms)
  for (const call of calls) top.add(call)
  return top.list()
}

function count(counts: Map<string, number>, name: string, times = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + times)
}
