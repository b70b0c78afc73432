import { readFileSync, writeFileSync } from 'node:fs'
import type { Environment } from './environment.js'
import type { Measure } from './measured-once.js'
import type { Figure } from './question.js'
import type { CaseResult, Result } from './results.js'
import { type Spread, spread } from './statistics.js'
import { figureOf, outcomes, parts, ratioOf } from './summary.js'

interface Column {
  readonly heading: (operation: string) => string
  readonly digits: number
  /** Whether it says nothing as a multiple of another's. */
  readonly isAbsolute?: boolean
}

const columns: Record<Figure, Column> = {
  operations: { heading: () => 'operations', digits: 0 },
  cpuUs: { heading: (operation) => `server CPU ${operation}, µs`, digits: 1 },
  perSecond: { heading: () => 'a second', digits: 0 },
  p50Ms: { heading: () => 'p50, ms', digits: 3 },
  p99Ms: { heading: () => 'p99, ms', digits: 3 },
  p999Ms: { heading: () => 'p99.9, ms', digits: 3 },
  rssMiB: { heading: () => 'memory, MiB', digits: 0 },
  kibEach: { heading: () => 'memory a client, KiB', digits: 1 },
  idlePercent: { heading: () => 'CPU at rest, % of a core', digits: 1 },
  lostPercent: { heading: () => 'lost, %', digits: 2, isAbsolute: true },
  failed: { heading: () => 'failed', digits: 0, isAbsolute: true }
}

/** What a figure is called, for example `server CPU a call, µs`. */
export function figureName(figure: Figure, operation: string): string {
  return columns[figure].heading(operation)
}

/** Median, least and most. */
export function spreadCell(values: Spread | undefined, digits: number): string {
  if (values === undefined) return '-'
  const { median, min, max } = values
  return `**${median.toFixed(digits)}** (${min.toFixed(digits)} to ${max.toFixed(digits)})`
}

export function row(cells: string[]): string {
  return `| ${cells.join(' | ')} |`
}

function caseRows(result: Result, one: CaseResult): string[] {
  const { subjects, figures } = result
  const reference = subjects[1]?.name ?? ''
  // Some have no part in a case.
  const there = subjects.filter(({ name }) => one.rounds.some((round) => round[name] !== undefined))
  const measured = there.map(({ name }) => [
    one.name,
    name,
    ...figures.map((figure) => spreadCell(figureOf(one, name, figure), columns[figure].digits))
  ])
  const ratios = there
    .filter(({ name }) => name !== reference)
    .map(({ name }) => [
      one.name,
      `${name} : ${reference}`,
      ...figures.map((figure) =>
        columns[figure].isAbsolute ? '-' : spreadCell(ratioOf(one, name, reference, figure), 2)
      )
    ])
  return [...measured, ...ratios].map(row)
}

const quarters = 4

/** A long run is shown by its first and its last quarter. */
function overTimeRows({ subjects, figures }: Result, one: CaseResult): string[] {
  const all = parts(one, quarters)
  const [first, last] = [all[0], all.at(-1)] as [CaseResult, CaseResult]
  const shown = [
    ['first quarter', first],
    ['last quarter', last]
  ] as const
  return subjects.flatMap(({ name }) =>
    shown.map(([part, rounds]) =>
      row([
        `${one.name}; ${part}`,
        name,
        ...figures.map((figure) => spreadCell(figureOf(rounds, name, figure), columns[figure].digits))
      ])
    )
  )
}

function measured({ values }: Measure): string {
  const largest = Math.max(...values)
  return spreadCell(spread(values), largest >= 100 ? 0 : largest >= 10 ? 1 : largest >= 1 ? 2 : 3)
}

/** What was measured by itself, in a table of its own; none where there is nothing. */
function onceTable({ once = [] }: Result): string[] {
  if (once.length === 0) return []
  return [
    row(['measured by itself', 'unit', 'measured', 'times']),
    row(['---', '---', '---:', '---:']),
    ...once.map((measure) =>
      row([measure.name, measure.unit, measured(measure), `${measure.values.length}`])
    ),
    ''
  ]
}

/** The machine and the software of a run, in one sentence. */
export function describe({ date, cpu, cores, memoryGiB, system, loadBefore, versions }: Environment): string {
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return (
    `${date.slice(0, 10)}, ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, ` +
    `load average before ${loadBefore}; ${software.join(', ')}.`
  )
}

/** How many rounds the figures are of. */
function roundsOf({ cases }: Result): string {
  const counts = cases.map(({ rounds }) => rounds.length)
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  if (most === 1) return '1 round.'
  return `${least === most ? least : `${least} to ${most}`} rounds.`
}

/** The table of one question, in Markdown. */
export function renderResult(result: Result): string {
  const { title, subjects, environment, cases, dimension, operation, figures, overTime } = result
  const servers = subjects.map(({ name, what }) => `${name}: ${what}`).join('; ')
  return [
    `### ${title}`,
    '',
    `${servers}. ${roundsOf(result)}`,
    '',
    row([dimension, 'server', ...figures.map((figure) => figureName(figure, operation))]),
    row(['---', '---', ...figures.map(() => '---:')]),
    ...cases.flatMap((one) => (overTime ? overTimeRows(result, one) : caseRows(result, one))),
    '',
    ...onceTable(result),
    describe(environment)
  ].join('\n')
}

/** Which targets are met, in Markdown; empty when none of the results has one. */
export function renderTargets(results: readonly Result[]): string {
  const rows = results.flatMap((result) => [
    ...outcomes(result).map(({ title, case: name, target, reached, failed, met }) => {
      const { figure, atMost, absolute = false } = target
      const what = figureName(figure, result.operation)
      const unit = absolute ? what : `${what.replace(/, .*$/, '')}, times the floor's`
      const missed = failed === 0 ? 'NO' : `NO, ${failed} failed`
      return row([title, name, unit, `${atMost}`, spreadCell(reached, 2), met ? 'yes' : missed])
    }),
    ...(result.once ?? []).flatMap((measure) => {
      const { name, unit, atMost, values } = measure
      if (atMost === undefined) return []
      const met = spread(values).median <= atMost ? 'yes' : 'NO'
      return row([result.title, name, unit, `${atMost}`, measured(measure), met])
    })
  ])
  if (rows.length === 0) return ''
  return [
    row(['question', 'load', 'figure', 'at most', 'measured', 'met']),
    row(['---', '---', '---', '---:', '---:', '---']),
    ...rows
  ].join('\n')
}

const begin = '<!-- figures: begin, written by npm run bench -->'
const end = '<!-- figures: end -->'

/** Puts targets, pictures and tables between the markers of the README. Throws when it does not have them. */
export function writeReadme(readme: URL, results: readonly Result[]): void {
  const text = readFileSync(readme, 'utf8')
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from === -1 || to < from) throw new Error(`${readme.pathname} has no markers for the figures`)
  const sections = results.map((result) => {
    const [heading, ...rest] = renderResult(result).split('\n')
    return [heading, '', `![${result.title}](results/${result.name}.svg)`, ...rest].join('\n')
  })
  const figures = [renderTargets(results), ...sections].filter((section) => section !== '').join('\n\n')
  writeFileSync(readme, `${text.slice(0, from)}${begin}\n\n${figures}\n\n${text.slice(to)}`)
}
