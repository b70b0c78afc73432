import type { Crowd } from './clients/clients.js'
import type { LoadConfig } from './command-line.js'
import { type Latency, latencyFigures } from './measure/latency.js'
import type { Recovery } from './measure/recoveries.js'
import type { Tally } from './measure/tally.js'
import type { TimelineEntry } from './measure/timeline.js'
import { checkThresholds, metricsOf, type ThresholdResult } from './options/thresholds.js'
import { type ScenarioName, scenarios } from './scenarios/kinds.js'

/** What came of a load, as `--json` writes it. */
export interface LoadReport {
  readonly scenario: ScenarioName
  /** What was done, in words. */
  readonly title: string
  /** What the scenario was told. */
  readonly settings: Readonly<Record<string, unknown>>
  /** The mounts of all nodes. */
  readonly urls: readonly string[]
  /** Addresses that clients connected from; none where the system chose. */
  readonly sources: readonly string[]
  /** ISO 8601. */
  readonly date: string
  readonly clients: { readonly asked: number; readonly connected: number; readonly lost: number }
  /** Connects ahead of the load that failed, by reason. */
  readonly connectErrors: Readonly<Record<string, number>>
  /** Clients that were lost, by reason. */
  readonly lostReasons: Readonly<Record<string, number>>
  /** Operations a second: those that were to begin, and those that were done until the last was. */
  readonly rate: { readonly asked: number | null; readonly reached: number }
  /** Of the load, without what was before. */
  readonly seconds: number
  readonly operations: {
    /** What they are: calls, messages, joins, changes or heartbeats. */
    readonly name: string
    readonly sent: number
    readonly done: number
    readonly unanswered: number
  }
  /** What members of rooms were to hear of the operations; null in scenarios without. */
  readonly heard: {
    readonly expected: number
    readonly heard: number
    readonly missing: number
    readonly doubled: number
  } | null
  /** What came of clients that were cut off and came back; null in scenarios without. */
  readonly recovery: Recovery | null
  /** Operations that failed, by the reason that the server gave; `connection_lost` and `malformed_message` are our own. */
  readonly errors: Readonly<Record<string, number>>
  /** From when an operation was meant to begin to its end, or to each member that has heard; null when there is none. */
  readonly latencyMs: Latency | null
  /** What was measured beside it: `connect`, `join` and others. */
  readonly latenciesMs: Readonly<Record<string, Latency>>
  readonly timeline: readonly TimelineEntry[]
  readonly thresholds: readonly ThresholdResult[]
  /** Whether a threshold was crossed. */
  readonly failed: boolean
  /** Whether it was ended ahead of its time. */
  readonly interrupted: boolean
}

export interface Ended {
  readonly date: string
  readonly seconds: number
  /** From the first operation to the last answer: a server that lags behind has not kept the rate. */
  readonly answeredSeconds: number
  readonly crowd: Crowd
  readonly tally: Tally
  readonly interrupted: boolean
}

export function reportOf(config: LoadConfig, ended: Ended): LoadReport {
  const { scenario, plan, urls, sources } = config
  const { date, seconds, answeredSeconds, crowd, tally, interrupted } = ended
  const { operations, isHeard, recovers = false } = scenarios[scenario]
  const { sent, done, open, expected, delivered, doubled } = tally
  const report = {
    scenario,
    title: plan.title,
    settings: plan.settings,
    urls,
    sources,
    date,
    clients: { asked: config.clients, connected: crowd.connected, lost: crowd.lost },
    connectErrors: crowd.errors.toObject(),
    lostReasons: crowd.lostReasons.toObject(),
    rate: { asked: plan.rate, reached: answeredSeconds > 0 ? done / answeredSeconds : 0 },
    seconds,
    operations: { name: operations, sent, done, unanswered: open },
    heard: isHeard ? { expected, heard: delivered, missing: expected - delivered, doubled } : null,
    recovery: recovers ? tally.recoveries.read() : null,
    errors: tally.errors.toObject(),
    latencyMs: tally.latency,
    latenciesMs: tally.namedLatencies,
    timeline: tally.timeline.end(),
    interrupted
  }
  const metrics = metricsOf(scenarios[scenario])
  const thresholds = checkThresholds(config.thresholds, metrics, figuresOf(report, tally.errors.total))
  return { ...report, thresholds, failed: thresholds.some(({ failed }) => failed) }
}

/** What thresholds are compared with, by the names of `metricsOf`. */
function figuresOf(
  report: Omit<LoadReport, 'thresholds' | 'failed'>,
  errors: number
): Record<string, number | null> {
  const { clients, rate, operations, heard, recovery, latencyMs, latenciesMs } = report
  const { sent, done, unanswered } = operations
  return {
    ...latencyMs,
    ...Object.fromEntries(
      Object.entries(latenciesMs).flatMap(([name, latency]) =>
        latencyFigures.map((figure) => [`${name}_${figure}`, latency[figure]])
      )
    ),
    rate: rate.reached,
    sent,
    done,
    errors,
    error_rate: sent === 0 ? null : (errors + unanswered) / sent,
    unanswered,
    lost: clients.lost,
    not_connected: clients.asked - clients.connected,
    ...heard,
    ...(recovery && recoveryFigures(recovery)),
    missing_rate: heard && (heard.expected === 0 ? null : heard.missing / heard.expected)
  }
}

function recoveryFigures(recovery: Recovery): Record<string, number> {
  const { cut, recovered, unrecovered, replayed, forgone, disordered } = recovery
  return { cut, recovered, unrecovered, replayed, forgone, disordered }
}
