import { didYouMean } from '../../util/near-miss.js'
import { latencyFigures } from '../measure/latency.js'
import { LoadOptionInvalid } from './errors.js'

const comparisons = {
  '>': (value: number, limit: number) => value > limit,
  '>=': (value: number, limit: number) => value >= limit,
  '<': (value: number, limit: number) => value < limit,
  '<=': (value: number, limit: number) => value <= limit,
  '==': (value: number, limit: number) => value === limit,
  '!=': (value: number, limit: number) => value !== limit
} as const

type Comparison = keyof typeof comparisons

/** What a load fails by: `p99>50`. */
export interface Threshold {
  readonly metric: string
  readonly comparison: Comparison
  readonly limit: number
}

/** A threshold after the load. */
export interface ThresholdResult {
  readonly failIf: string
  /** Null where nothing was measured, which fails as well: nobody knows. */
  readonly value: number | null
  readonly failed: boolean
  /** Whether it was asked for, and is not one of those that every load has. */
  readonly given: boolean
}

/** What a scenario measures, as far as that differs. */
export interface Measured {
  readonly latencies: readonly string[]
  readonly isHeard: boolean
  readonly comeAgain: boolean
  readonly recovers?: boolean
}

/** What is measured of clients that come back to what they have missed. */
const recoveryMetrics = ['recovered', 'unrecovered', 'replayed', 'forgone', 'disordered', 'cut']

/** Every load fails by these that has them, unless something is asked of the same metric. */
const byDefault = ['not_connected', 'lost', 'errors', 'unanswered', 'missing', 'doubled', 'disordered']

/** Who asks for these tolerates some of those as well. */
const alsoAsks: Readonly<Record<string, readonly string[]>> = {
  error_rate: ['errors', 'unanswered'],
  missing: ['unanswered'],
  missing_rate: ['missing', 'unanswered']
}

/** The metrics of a scenario. */
export function metricsOf({ latencies, isHeard, comeAgain, recovers = false }: Measured): string[] {
  return [
    ...latencyFigures,
    ...latencies.flatMap((name) => latencyFigures.map((figure) => `${name}_${figure}`)),
    ...['rate', 'sent', 'done', 'errors', 'error_rate', 'unanswered', 'lost'],
    ...(isHeard ? ['heard', 'missing', 'missing_rate', 'doubled'] : []),
    ...(recovers ? recoveryMetrics : []),
    ...(comeAgain ? [] : ['not_connected'])
  ]
}

/** Reads what `--fail-if` was given. Throws PHX_ERR_LOAD_OPTION for what is none, or has no such metric. */
export function readThreshold(text: string, metrics: readonly string[]): Threshold {
  const [, metric = '', comparison = '', limit = ''] =
    /^\s*(\w+)\s*([<>]=?|[=!]=)\s*(\d+(?:\.\d+)?(?:e-?\d+)?)\s*$/.exec(text) ?? []
  if (metric === '' || !Number.isFinite(Number(limit))) {
    throw new LoadOptionInvalid(
      '--fail-if',
      `must be a metric, one of ${operators} and a number, as in p99>50`
    )
  }
  if (!metrics.includes(metric)) {
    const shown = metrics.filter((name) => !/_(?!rate|connected)/.test(name)).join(', ')
    const problem = `${metric} is not measured by this scenario${didYouMean(metric, metrics)}; there are ${shown}`
    throw new LoadOptionInvalid('--fail-if', problem)
  }
  return { metric, comparison: comparison as Comparison, limit: Number(limit) }
}

const operators = Object.keys(comparisons).join(' ')

/** Those that a load fails by: what was given, and what every load has. */
export function checkThresholds(
  given: readonly Threshold[],
  metrics: readonly string[],
  figures: Readonly<Record<string, number | null>>
): ThresholdResult[] {
  const asked = new Set(given.flatMap(({ metric }) => [metric, ...(alsoAsks[metric] ?? [])]))
  const others = byDefault
    .filter((metric) => metrics.includes(metric) && !asked.has(metric))
    .map((metric): Threshold => ({ metric, comparison: '>', limit: 0 }))
  const check = ({ metric, comparison, limit }: Threshold, isGiven: boolean): ThresholdResult => {
    const value = figures[metric] ?? null
    const failed = value === null || comparisons[comparison](value, limit)
    return { failIf: `${metric}${comparison}${limit}`, value, failed, given: isGiven }
  }
  return [...given.map((each) => check(each, true)), ...others.map((each) => check(each, false))]
}
