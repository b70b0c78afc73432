import { writeFileSync } from 'node:fs'
import { colours, drawLyingBars } from './chart.js'
import { describe, row, spreadCell } from './report.js'
import type { CaseResult, Result } from './results.js'
import { type Spread, spread } from './statistics.js'
import { figureOf, ratioOf } from './summary.js'
import type { TargetResults } from './target-results.js'

/** What the page compares: by question, what its loads are called there, and the cases that are in the picture. */
export const compared = [
  {
    question: 'hook-websocket',
    load: 'hook call, WebSocket',
    drawn: ['50 x 8, 16 B', '1 x 1, 16 B', '50 x 8, 16 KiB']
  },
  { question: 'hook-datachannel', load: 'hook call, DataChannel', drawn: ['10 x 8, 16 B', '10 x 8, 16 KiB'] },
  { question: 'broadcast', load: 'broadcast', drawn: ['1,000, 64 B', '10,000, 64 B'] },
  { question: 'state', load: 'state, 30 Hz', drawn: ['1 x 50, 200 B', '1 x 50, 1 KiB'] },
  { question: 'join-storm', load: 'connect and join', drawn: ['1,000', '10,000'] }
] as const

/** One load, with what was measured of it. */
interface Line {
  readonly load: string
  readonly isDrawn: boolean
  readonly result: Result
  readonly one: CaseResult
}

function linesOf(results: readonly Result[]): Line[] {
  return compared.flatMap(({ question, load, drawn }) => {
    const result = results.find(({ name }) => name === question)
    return (result?.cases ?? []).map((one) => ({
      load: `${load}: ${one.name}`,
      isDrawn: (drawn as readonly string[]).includes(one.name),
      result: result as Result,
      one
    }))
  })
}

const ours = 'ours'
const floor = 'floor'

const times = ({ one }: Line, name: string): Spread | undefined => ratioOf(one, name, floor, 'cpuUs')

/** Everyone but the floor, in the order in which they come. */
function namesIn(lines: readonly Line[]): string[] {
  const names = lines.flatMap(({ result }) => result.subjects.map(({ name }) => name))
  return [...new Set(names)].filter((name) => name !== floor)
}

const pageTitle = 'How fast is it beside X?'

/** One picture of all: server CPU of each, times the floor's. */
export function drawBeside(results: readonly Result[], targets: readonly TargetResults[]): string {
  const lines = linesOf(results).filter(({ isDrawn }) => isDrawn)
  const others = colours.values()
  const bars = (name: string, of: (line: Line) => Spread | undefined) => ({
    name,
    colour: others.next().value,
    values: lines.map((line) => of(line)?.median)
  })
  const dates = lines.map(({ result }) => result.environment.date.slice(0, 10)).sort()
  const [first = '', last = ''] = [dates[0], dates.at(-1)]
  return drawLyingBars({
    title: pageTitle,
    subtext: `Server CPU of an operation, times that of the bare library: median, lower is better. ${
      first === last ? first : `${first} to ${last}`
    }`,
    names: lines.map(({ load }) => load),
    series: [
      ...namesIn(lines).map((name) => bars(name, (line) => times(line, name))),
      ...targets.map((target) => bars(target.name, (line) => ofTarget(target, line)))
    ],
    digits: 2,
    reference: floor
  })
}

/** What a target took of the same load, times the floor of its own run. */
function ofTarget({ name, results }: TargetResults, { load }: Line): Spread | undefined {
  const line = linesOf(results).find((other) => other.load === load)
  return line && times(line, name)
}

function table(headings: readonly string[], rows: readonly string[][]): string {
  const marks = headings.map((_, column) => (column === 0 ? '---' : '---:'))
  return [row([...headings]), row(marks), ...rows.map(row)].join('\n')
}

const microseconds = ({ one }: Line): string => spreadCell(figureOf(one, floor, 'cpuUs'), 1)

/** All loads of the page, and everyone whom we have measured. */
function everyone(results: readonly Result[], targets: readonly TargetResults[]): string {
  const lines = linesOf(results)
  const names = namesIn(lines)
  return table(
    ['load', 'floor, µs', ...names, ...targets.map(({ name }) => name)],
    lines.map((line) => [
      line.load,
      microseconds(line),
      ...names.map((name) => spreadCell(times(line, name), 2)),
      ...targets.map((target) => spreadCell(ofTarget(target, line), 2))
    ])
  )
}

/** Who was measured and on what, question by question. */
function sources(results: readonly Result[]): string {
  const measured = results.filter(({ name }) => compared.some(({ question }) => question === name))
  return measured
    .map(({ title, subjects, environment }) => {
      const servers = subjects.map(({ name, what }) => `${name}: ${what}`).join('; ')
      return `- ${title}. ${servers}. ${describe(environment)}`
    })
    .join('\n')
}

/** A server that ran already, with ours and the floor in the same run. */
function beside({ name, results }: TargetResults): string {
  const lines = linesOf(results)
  const what = results[0]?.subjects.find((subject) => subject.name === name)?.what ?? ''
  const rows = lines.map((line) => [
    line.load,
    microseconds(line),
    spreadCell(times(line, ours), 2),
    spreadCell(times(line, name), 2),
    spreadCell(ratioOf(line.one, ours, name, 'cpuUs'), 2)
  ])
  const headings = ['load', 'floor, µs', ours, name, `${ours} : ${name}`]
  return [
    `## Beside ${name}`,
    '',
    `${what}, in the same run.`,
    '',
    table(headings, rows),
    '',
    sources(results)
  ].join('\n')
}

/** How ours does on all loads together: the middle of its ratios. */
function summary(results: readonly Result[]): string {
  const ratios = linesOf(results).flatMap((line) => times(line, ours)?.median ?? [])
  if (ratios.length === 0) return ''
  const { median, min, max } = spread(ratios)
  const text = [median, min, max].map((ratio) => ratio.toFixed(2))
  return `Over these ${ratios.length} loads ours takes ${text[0]} times what the bare library takes (${text[1]} to ${text[2]}).`
}

/** The page of all peers, in Markdown. */
export function renderBeside(results: readonly Result[], targets: readonly TargetResults[]): string {
  return [
    `# ${pageTitle}`,
    '<!-- written by npm run bench -->',
    `![${pageTitle}](results/beside.svg)`,
    'Server CPU of an operation, as a multiple of what the bare library takes for the same in the same minute (the ' +
      '_floor_, 1.00): the median of all rounds, and the least and the most of them. Less is better. A server that ' +
      'has no figure cannot do it, or was not asked. [README.md](README.md) says what each load is, how it is ' +
      'measured and how far to trust it; microseconds and latencies are there, too.',
    summary(results),
    everyone(results, targets),
    ...targets.map(beside),
    '## Measured on',
    sources(results)
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n')
}

/** Writes the page and its picture. */
export function writeBeside(bench: URL, results: readonly Result[], targets: readonly TargetResults[]): void {
  writeFileSync(new URL('results/beside.svg', bench), `${drawBeside(results, targets)}\n`)
  writeFileSync(new URL('beside.md', bench), renderBeside(results, targets))
}
