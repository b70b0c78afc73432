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

/** Seconds from microseconds, which a hook takes, to those after which nobody waits any more. */
export const durations: readonly number[] = [
  0.000_01, 0.000_025, 0.000_1, 0.000_25, 0.001, 0.002_5, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10
]

/** Seconds of what goes over a network, or waits for an event loop: nothing of it is quicker than a millisecond. */
export const waits: readonly number[] = [
  0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
]

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
