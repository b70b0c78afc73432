import { oneLine } from '../log/one-line.js'
import type { Latency } from './measure/latency.js'
import type { ClientLoss } from './measure/recoveries.js'
import type { LoadReport } from './report.js'

/** The report as people read it. */
export function renderReport(report: LoadReport): string {
  const { title, urls, clients, rate, seconds, operations, interrupted } = report
  const asked = rate.asked === null ? '' : ` of ${figure(rate.asked)}`
  return [
    `${oneLine(title)} at ${urls.join(', ')}${interrupted ? ', interrupted' : ''}`,
    line('clients', `${clients.connected} of ${clients.asked} connected, ${clients.lost} lost`),
    ...reasons('not connected', report.connectErrors),
    ...reasons('lost', report.lostReasons),
    line('rate', `${rate.reached.toFixed(1)}${asked} a second, for ${seconds.toFixed(1)} s`),
    line(operations.name, `${operations.sent} sent, ${cameOf(report)}`),
    ...heardLine(report),
    ...recoveryLines(report),
    ...reasons('failed', report.errors),
    line('latency', latency(report.latencyMs) + leftOut(report)),
    ...Object.entries(report.latenciesMs).map(([name, times]) => line(name, latency(times))),
    ...thresholds(report)
  ].join('\n')
}

function cameOf({ operations: { done, unanswered }, heard, recovery }: LoadReport): string {
  if (heard === null) return `${done} answered, ${unanswered} without an answer`
  const orForgone = recovery !== null && recovery.forgone > 0 ? ' or forgone' : ''
  return `${done} heard by all${orForgone}, ${unanswered} not`
}

function heardLine({ heard, recovery }: LoadReport): string[] {
  if (heard === null) return []
  const { expected, missing, doubled } = heard
  const order = recovery === null ? '' : `, ${recovery.disordered} out of order`
  return [line('heard', `${heard.heard} of ${expected}, ${missing} missing, ${doubled} doubled${order}`)]
}

function recoveryLines({ recovery }: LoadReport): string[] {
  if (recovery === null) return []
  const { cut, closed, recovered, unrecovered, failures, replayed, forgone, clients } = recovery
  return [
    line('recoveries', `${cut} cut off, ${recovered} recovered, ${unrecovered} told that they cannot`),
    ...reasons('closed', closed),
    ...reasons('not back', failures),
    line('replayed', `${replayed} messages, ${forgone} forgone as told`),
    ...clients.slice(0, maxClients).map((loss) => line(`client ${loss.client}`, lossOf(loss))),
    ...(clients.length > maxClients ? [line('clients', 'more of them are in the JSON')] : [])
  ]
}

/** The worst are named; all others are in the JSON. */
const maxClients = 5

const lossOf = ({ missing, doubled, disordered, forgone }: ClientLoss): string =>
  `${missing} missing, ${doubled} doubled, ${disordered} out of order, ${forgone} forgone as told`

function latency(times: Latency | null): string {
  if (times === null) return 'none'
  const { p50, p90, p99, p999, max } = times
  const shown = { p50, p90, p99, 'p99.9': p999, max }
  return `${Object.entries(shown)
    .map(([name, ms]) => `${name} ${ms.toFixed(2)}`)
    .join(', ')} ms`
}

/** The worst are those that are not in it. */
function leftOut({ latencyMs, operations: { sent, done }, heard }: LoadReport): string {
  if (latencyMs === null) return ''
  const [whole, part] = heard === null ? [sent, done] : [heard.expected, heard.heard]
  return part < whole ? `, of the ${part} ${heard === null ? 'answered' : 'heard'}` : ''
}

/** All that were asked for, and those of every load that it fails by. */
function thresholds(report: LoadReport): string[] {
  return report.thresholds
    .filter(({ given, failed }) => given || failed)
    .map(({ failIf, value, failed }) => {
      const measured = value === null ? 'nothing was measured' : figure(value)
      return line('fail if', `${failIf}: ${failed ? 'YES' : 'no'}, ${measured}`)
    })
}

function reasons(name: string, counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).map(([reason, count]) =>
    line(name, `${count} x ${oneLine(reason).slice(0, maxReasonLength)}`)
  )
}

/** The reason is the server's: it is shown on one line, and not all of it. */
const maxReasonLength = 200

const figure = (value: number): string => String(Number(value.toFixed(Math.abs(value) < 1 ? 4 : 2)))

function line(name: string, text: string): string {
  return `  ${name.padEnd(14)}${text}`
}
