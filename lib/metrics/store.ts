import { Buckets } from './buckets.js'
import { type MetricKey, type NameOf, table } from './table.js'

/** One number of a metric: whoever counts on a hot path keeps it. */
export class Cell {
  value = 0
}

/** What there is of one metric under one set of labels. */
export interface Series {
  /** In the order of the definition's labels. */
  readonly labels: readonly string[]
  readonly value: Cell | Buckets
}

/** The values of all metrics: of one server, or of several together. */
export class Store {
  readonly #metrics = new Map<MetricKey, Map<string, Series>>()

  /** The number of a counter or gauge; made, as 0, where it is asked for the first time. */
  cell(key: NameOf<'counter' | 'gauge'>, ...labels: readonly string[]): Cell {
    return this.#value(key, labels, () => new Cell()) as Cell
  }

  set(key: NameOf<'counter' | 'gauge'>, value: number, ...labels: readonly string[]): void {
    this.cell(key, ...labels).value = value
  }

  buckets(key: NameOf<'histogram'>, ...labels: readonly string[]): Buckets {
    return this.#value(key, labels, () => new Buckets(table[key].bounds)) as Buckets
  }

  /** All that there is of one metric. */
  series(key: MetricKey): Iterable<Series> {
    return this.#metrics.get(key)?.values() ?? []
  }

  /** Forgets what was set under labels that may be gone. */
  clear(key: NameOf<'gauge'>): void {
    this.#metrics.delete(key)
  }

  /** Adds what another one has. @param ended whether its owner is gone: what it has now is nothing then */
  add(other: Store, ended = false): void {
    for (const [key, metric] of other.#metrics) {
      const { type, aggregator } = table[key]
      if (ended && type === 'gauge') continue
      for (const { labels, value } of metric.values()) {
        if (value instanceof Buckets) {
          this.buckets(key as NameOf<'histogram'>, ...labels).add(value)
          continue
        }
        const cell = this.cell(key as NameOf<'counter' | 'gauge'>, ...labels)
        cell.value = aggregator === 'max' ? Math.max(cell.value, value.value) : cell.value + value.value
      }
    }
  }

  #value(key: MetricKey, labels: readonly string[], make: () => Cell | Buckets): Cell | Buckets {
    let metric = this.#metrics.get(key)
    if (metric === undefined) {
      metric = new Map()
      this.#metrics.set(key, metric)
    }
    const name = labels.length > 1 ? JSON.stringify(labels) : (labels[0] ?? '')
    let series = metric.get(name)
    if (series === undefined) {
      series = { labels, value: make() }
      metric.set(name, series)
    }
    return series.value
  }
}
