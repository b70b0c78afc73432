import { type Metric, Registry } from 'prom-client'
import { Buckets } from './buckets.js'
import type { Definition } from './definition.js'
import type { MeasuredServer } from './measured-server.js'
import { Metrics } from './metrics.js'
import type { Series, Store } from './store.js'
import { type MetricKey, metricKeys, table } from './table.js'

/** One line of what Prometheus reads. */
interface Value {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  readonly metricName?: string
}

/** A metric as a register of prom-client shows it. */
export interface Shown {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly aggregator: string
  readonly values: readonly Value[]
}

/**
 * One of our metrics in a register of prom-client. What is counted is kept here and not there: counting in
 * prom-client makes an object and a text of all labels for each hook call.
 */
class ShownMetric {
  /** A register may change it, to what OpenMetrics wants. */
  name: string
  readonly help: string
  readonly type: string
  readonly aggregator: string
  readonly labelNames: readonly string[]
  readonly #key: MetricKey
  readonly #read: () => Store

  constructor(key: MetricKey, read: () => Store) {
    const { name, help, type, aggregator, labels }: Definition = table[key]
    this.name = name
    this.help = help
    this.type = type
    this.aggregator = aggregator
    this.labelNames = labels
    this.#key = key
    this.#read = read
  }

  /** What a register asks for. */
  async get(): Promise<Shown> {
    const { name, help, type, aggregator } = this
    const values = [...this.#read().series(this.#key)].flatMap((series) => valuesOf(table[this.#key], series))
    return { name, help, type, aggregator, values }
  }

  /** `resetMetrics()` of a register is for the metrics of others: ours are what the server has counted. */
  reset(): void {}
}

function valuesOf({ name, labels: names }: Definition, { labels: texts, value }: Series): Value[] {
  const labels = Object.fromEntries(names.map((label, at) => [label, texts[at] ?? '']))
  if (!(value instanceof Buckets)) return [{ labels, value: value.value }]
  let count = 0
  const buckets = value.counts.map((hits, at) => {
    count += hits
    const le = value.bounds[at] ?? '+Inf'
    return { labels: { ...labels, le }, value: count, metricName: `${name}_bucket` }
  })
  return [
    ...buckets,
    { labels, value: value.sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` }
  ]
}

const shownBy = new WeakMap<Registry, Metrics>()

/** Shows the metrics of a server in a register, until the result is called. */
export function show(register: Registry, server: MeasuredServer): () => void {
  let metrics = shownBy.get(register)
  if (metrics === undefined) {
    metrics = new Metrics()
    const shown = metrics
    for (const key of metricKeys) registerMetric(register, new ShownMetric(key, () => shown.read()))
    shownBy.set(register, metrics)
  }
  const all = metrics
  const hide = all.add(server)
  return () => {
    hide()
    if (all.size > 0 || shownBy.get(register) !== all) return
    shownBy.delete(register)
    all.close()
    for (const key of metricKeys) register.removeSingleMetric(table[key].name)
  }
}

/** A register with just these metrics in it. */
export function registerOf(shown: readonly Shown[], contentType: Registry['contentType']): Registry {
  const register = new Registry()
  register.setContentType(contentType)
  for (const metric of shown)
    registerMetric(register, { ...metric, get: async () => metric, reset: () => {} })
  return register
}

/** A register takes whatever can be asked for its values; its types know the classes of prom-client alone. */
function registerMetric(register: Registry, metric: ShownMetric | (Shown & { get(): Promise<Shown> })): void {
  register.registerMetric(metric as unknown as Metric)
}
