import { durations } from '../diagnostics/bounds.js'

/** What one metric is, as Prometheus is told. */
export interface Definition<Type extends MetricType = MetricType> {
  readonly name: string
  readonly type: Type
  /** One line that says what it is. */
  readonly help: string
  /** Names of its labels; each has few values, whatever clients do. */
  readonly labels: readonly string[]
  /** How values of several servers in one process become one. */
  readonly aggregator: 'sum' | 'max'
  /** Upper bounds of a histogram, in base units; what is above is counted as well. */
  readonly bounds: readonly number[]
}

export type MetricType = 'counter' | 'gauge' | 'histogram'

export function counter(name: string, help: string, labels: readonly string[] = []): Definition<'counter'> {
  return { name, type: 'counter', help, labels, aggregator: 'sum', bounds: [] }
}

export function gauge(
  name: string,
  help: string,
  labels: readonly string[] = [],
  aggregator: 'sum' | 'max' = 'sum'
): Definition<'gauge'> {
  return { name, type: 'gauge', help, labels, aggregator, bounds: [] }
}

export function histogram(
  name: string,
  help: string,
  labels: readonly string[] = [],
  bounds: readonly number[] = durations
): Definition<'histogram'> {
  return { name, type: 'histogram', help, labels, aggregator: 'sum', bounds }
}
