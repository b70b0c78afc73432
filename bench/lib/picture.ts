import { writeFileSync } from 'node:fs'
import type { EChartsCoreOption } from 'echarts/core'
import { colours, draw, floorColour, frame, groupsOfBars, lines, placed } from './chart.js'
import { figureName } from './report.js'
import type { CaseResult, Result } from './results.js'
import { figureOf, ratioOf } from './summary.js'

/** Writes the picture of a result as SVG, next to its figures. */
export function savePicture(folder: URL, result: Result): void {
  writeFileSync(new URL(`${result.name}.svg`, folder), `${drawResult(result)}\n`)
}

/** The picture of a result: one figure of each server, or times the floor's, or its figures over time. */
export function drawResult(result: Result): string {
  return draw(result.overTime ? overTime(result) : bars(result))
}

/** When and on what it was measured, behind what is shown. */
function underTitle({ environment: { date, cpu, cores } }: Result, shown: string): string {
  return `${shown}. ${date.slice(0, 10)}, ${cpu}, ${cores} cores`
}

/** A group of bars for each case; the floor is a line where the others are shown as its multiples. */
function bars(result: Result): EChartsCoreOption {
  const { subjects, cases, operation, shown, title } = result
  const { figure, absolute = false } = shown
  const reference = subjects[1]?.name ?? ''
  const drawn = absolute ? subjects : subjects.filter(({ name }) => name !== reference)
  const what = figureName(figure, operation)
  const times = `${what.replace(/, [^,]*$/, '')}, times that of "${reference}"`
  const value = (one: CaseResult, name: string) =>
    absolute ? figureOf(one, name, figure) : ratioOf(one, name, reference, figure)
  const others = colours.values()
  return groupsOfBars({
    title,
    subtext: underTitle(
      result,
      `${absolute ? what.replace(/(?=, [^,]*$)/, ` of ${operation}`) : times}: median, lower is better`
    ),
    names: cases.map(({ name }) => name),
    series: drawn.map(({ name }) => ({
      name,
      colour: name === reference ? floorColour : others.next().value,
      values: cases.map((one) => value(one, name)?.median)
    })),
    digits: absolute ? 0 : 2,
    reference: absolute ? undefined : reference
  })
}

const lineTypes = { p50Ms: 'solid', p99Ms: 'dashed', rssMiB: 'dotted' } as const

/** One line for each server and figure, the memory on an axis of its own. */
function overTime(result: Result): EChartsCoreOption {
  const { subjects, cases, operation, title } = result
  const [one] = cases as [CaseResult]
  const figures = ['p50Ms', 'p99Ms', 'rssMiB'] as const
  const base = frame(title, underTitle(result, 'Round by round, lower is better'))
  return {
    ...base,
    legend: { ...base.legend, itemStyle: { opacity: 0 }, itemWidth: 32 },
    xAxis: { type: 'category', data: one.rounds.map((_, round) => String(round + 1)), ...lines },
    yAxis: [
      { type: 'log', name: 'ms', ...lines },
      { type: 'value', name: 'MiB', min: 0, ...lines, splitLine: { show: false } }
    ],
    series: subjects.flatMap(({ name }, subject) =>
      figures.map((figure) => ({
        name: `${name}, ${figureName(figure, operation)}`,
        type: 'line',
        symbol: 'none',
        yAxisIndex: figure === 'rssMiB' ? 1 : 0,
        color: subject === 1 ? floorColour : colours[subject],
        lineStyle: { type: lineTypes[figure] },
        data: one.rounds.map((round) => placed(figureOf({ ...one, rounds: [round] }, name, figure)?.median))
      }))
    )
  }
}
