import { readFileSync, writeFileSync } from 'node:fs'
import type { Environment } from './environment.js'
import type { Sample } from './measure.js'
import type { Subject } from './question.js'
import type { Result } from './results.js'
import { spread } from './statistics.js'

type Column = [heading: string, figure: keyof Sample, digits: number]

const columns: Column[] = [
  ['server CPU a call, µs', 'cpuUs', 1],
  ['calls a second', 'perSecond', 0],
  ['p50, ms', 'p50Ms', 3],
  ['p99, ms', 'p99Ms', 3],
  ['p99.9, ms', 'p999Ms', 3],
  ['memory, MiB', 'rssMiB', 0]
]

function cell(values: number[], digits: number): string {
  const { median, min, max } = spread(values)
  return `**${median.toFixed(digits)}** (${min.toFixed(digits)} to ${max.toFixed(digits)})`
}

function row(cells: string[]): string {
  return `| ${cells.join(' | ')} |`
}

function caseRows({ clients, inFlight, target, rounds }: Result['cases'][number]): string[] {
  const load = `${clients} x ${inFlight}`
  const figures = (subject: Subject): string[] =>
    columns.map(([, figure, digits]) =>
      cell(
        rounds.map((round) => round[subject][figure]),
        digits
      )
    )
  const ratios = columns.map(([, figure]) =>
    cell(
      rounds.map((round) => round.ours[figure] / round.floor[figure]),
      2
    )
  )
  if (target !== undefined) ratios[0] += `, to reach: ${target.toFixed(2)}`
  return [
    row([load, 'ours', ...figures('ours')]),
    row([load, 'floor', ...figures('floor')]),
    row([load, 'ratio', ...ratios])
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

/** The table of one question, in Markdown. */
export function renderResult({ title, floor, environment, plan, cases }: Result): string {
  return [
    `### ${title}`,
    '',
    `Floor: ${floor}. ${plan.launches} x ${plan.rounds} rounds of ${plan.roundMs / 1000} s.`,
    '',
    row(['clients x in flight', 'server', ...columns.map(([heading]) => heading)]),
    row(['---', '---', ...columns.map(() => '---:')]),
    ...cases.flatMap(caseRows),
    '',
    describe(environment)
  ].join('\n')
}

const begin = '<!-- figures: begin, written by npm run bench -->'
const end = '<!-- figures: end -->'

/** Puts the tables between the markers of the README. Throws when it does not have them. */
export function writeReadme(readme: URL, results: Result[]): void {
  const text = readFileSync(readme, 'utf8')
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from === -1 || to < from) throw new Error(`${readme.pathname} has no markers for the figures`)
  const tables = results.map(renderResult).join('\n\n')
  writeFileSync(readme, `${text.slice(0, from)}${begin}\n\n${tables}\n\n${text.slice(to)}`)
}
