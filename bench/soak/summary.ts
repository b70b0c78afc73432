import type { Usage } from '../lib/probe.js'
import { spread } from '../lib/statistics.js'
import type { Faults } from './faults.js'
import type { SteadyReport } from './steady.js'

/** One look at the server and its steady clients. */
export interface Sample {
  usage: Usage
  steady: SteadyReport
}

/** All that a soak is judged by. */
export interface Soak {
  minutes: number
  /** At rest, after the warm-up and at the end. */
  before: Usage
  after: Usage
  samples: readonly Sample[]
  faults: Faults
  /** That of the server after SIGTERM. */
  exitStatus: number | null
}

/** What an allocator may keep of memory that was given back. */
const maxGrowthMiB = 48
/** Share of well-behaved clients who may fail to open a peer while the machine has more to do than it can. */
const maxFailedShare = 0.01

const mib = (bytes: number): number => bytes / 2 ** 20
const of = (values: number[], digits = 0): string => {
  const { median, min, max } = spread(values)
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`
}

/** The table of a soak, and whether every criterion was met. Throws a RangeError when there is no sample. */
export function summarize(soak: Soak): { text: string; isClean: boolean } {
  const { minutes, before, after, samples, faults, exitStatus } = soak
  const usages = samples.map(({ usage }) => usage)
  const steady = samples.map((sample) => sample.steady)
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0)
  const calls = sum(steady.map((report) => report.calls))
  const failures = sum(steady.map((report) => report.failures))
  const growthMiB = mib(after.rssBytes) - mib(before.rssBytes)
  const visits = faults.opened + faults.failed

  const criteria: [what: string, holds: boolean][] = [
    ['every call of the steady clients was answered', failures === 0 && calls > 0],
    ['clients that come and go could open their peers', faults.failed <= visits * maxFailedShare],
    ['no thread was left behind', after.threads <= before.threads],
    ['no file or socket was left behind', after.files <= before.files],
    [`memory at rest grew by at most ${maxGrowthMiB} MiB`, growthMiB <= maxGrowthMiB],
    ['the server ended with status 0', exitStatus === 0]
  ]
  const rows: [string, string][] = [
    ['minutes', String(minutes)],
    ['peers opened by clients that come and go', `${faults.opened}, ${faults.failed} failed`],
    ['processes of clients killed, frozen', `${faults.killed}, ${faults.frozen}`],
    ['calls of the steady clients', `${calls}, ${failures} failed`],
    [
      'their p50, ms',
      of(
        steady.map(({ p50Ms }) => p50Ms),
        1
      )
    ],
    [
      'their p99, ms',
      of(
        steady.map(({ p99Ms }) => p99Ms),
        1
      )
    ],
    [
      'their longest, ms',
      of(
        steady.map(({ maxMs }) => maxMs),
        1
      )
    ],
    ['memory, MiB', of(usages.map(({ rssBytes }) => mib(rssBytes)))],
    ['threads', of(usages.map(({ threads }) => threads))],
    ['files', of(usages.map(({ files }) => files))],
    [
      'memory at rest, MiB',
      `${mib(before.rssBytes).toFixed(0)} before, ${mib(after.rssBytes).toFixed(0)} after`
    ],
    ['threads at rest', `${before.threads} before, ${after.threads} after`],
    ['files at rest', `${before.files} before, ${after.files} after`]
  ]
  const text = [
    '| soak | |',
    '| --- | --- |',
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    ...criteria.map(([what, holds]) => `| ${what} | ${holds ? 'yes' : 'NO'} |`)
  ].join('\n')
  return { text, isClean: criteria.every(([, holds]) => holds) }
}
