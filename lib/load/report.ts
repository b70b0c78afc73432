import { oneLine } from '../log/one-line.js'
import type { LoadConfig } from './command-line.js'
import type { Latency } from './tally.js'

/** What came of a load, as `--json` writes it. */
export interface LoadReport {
  /** The mounts of all nodes. */
  readonly urls: readonly string[]
  readonly transport: LoadConfig['transport']
  readonly hook: string
  /** ISO 8601. */
  readonly date: string
  readonly clients: { readonly asked: number; readonly connected: number; readonly lost: number }
  /** Connects that failed, by reason. */
  readonly connectErrors: Readonly<Record<string, number>>
  /** Calls a second: those that were to be sent, and those that were answered until the last answer. */
  readonly rate: { readonly asked: number; readonly reached: number }
  /** Of the calls, without the ramp-up. */
  readonly seconds: number
  readonly calls: { readonly sent: number; readonly answered: number; readonly unanswered: number }
  /** Calls that failed, by the reason that the server gave; `connection_lost` and `malformed_message` are our own. */
  readonly errors: Readonly<Record<string, number>>
  /** From when a call was meant to be sent to its answer, of the calls that have one; null when none has. */
  readonly latencyMs: Latency | null
  /** Whether it was ended ahead of its time. */
  readonly interrupted: boolean
}

/** Whether everything that was asked for was done. */
export function isClean(report: LoadReport): boolean {
  const { clients, calls } = report
  return clients.connected === clients.asked && clients.lost === 0 && calls.answered === calls.sent
}

/** The report as people read it. */
export function renderReport(report: LoadReport): string {
  const { urls, transport, hook, clients, connectErrors, rate, seconds, calls, errors } = report
  return [
    `${oneLine(hook)} over ${transport} at ${urls.join(', ')}${report.interrupted ? ', interrupted' : ''}`,
    line('clients', `${clients.connected} of ${clients.asked} connected, ${clients.lost} lost`),
    ...reasons('not connected', connectErrors),
    line('rate', `${rate.reached.toFixed(1)} of ${rate.asked} a second, for ${seconds.toFixed(1)} s`),
    line('calls', `${calls.sent} sent, ${calls.answered} answered, ${calls.unanswered} without an answer`),
    ...reasons('failed', errors),
    line('latency', latency(report))
  ].join('\n')
}

function latency({ latencyMs, calls: { sent, answered } }: LoadReport): string {
  if (latencyMs === null) return 'none'
  const { p50, p90, p99, p999, max } = latencyMs
  const shown = { p50, p90, p99, 'p99.9': p999, max }
  const figures = Object.entries(shown).map(([name, ms]) => `${name} ${ms.toFixed(2)}`)
  // The worst calls are those that are not in it.
  return `${figures.join(', ')} ms${answered < sent ? `, of the ${answered} answered` : ''}`
}

function reasons(name: string, counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).map(([reason, count]) =>
    line(name, `${count} x ${oneLine(reason).slice(0, maxReasonLength)}`)
  )
}

/** The reason is the server's: it is shown on one line, and not all of it. */
const maxReasonLength = 200

function line(name: string, text: string): string {
  return `  ${name.padEnd(14)}${text}`
}
