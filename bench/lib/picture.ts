import { writeFileSync } from 'node:fs'
import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import * as style from '../../lib/load/picture-style.js'
import { figureName } from './report.js'
import type { CaseResult, Result } from './results.js'
import { figureOf, ratioOf } from './summary.js'

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer])

const width = 960
const height = 420
const side = 56

const colours = Object.values(style.palette)
const floorColour = '#8c959f'

const paper = style.paper.light
const ink = style.ink.light
const faint = style.faint.light

/** The picture follows the page that it is seen on. */
const darkMode = `<style>@media (prefers-color-scheme: dark) {
[fill="${paper}"] { fill: ${style.paper.dark} } [fill="${ink}"] { fill: ${style.ink.dark} }
[stroke="${faint}"] { stroke: ${style.faint.dark} } [stroke="${ink}"] { stroke: ${style.ink.dark} }
}</style>`

/** Writes the picture of a result as SVG, next to its figures. */
export function savePicture(folder: URL, result: Result): void {
  writeFileSync(new URL(`${result.name}.svg`, folder), `${drawResult(result)}\n`)
}

/** The picture of a result: one figure of each server, or times the floor's, or its figures over time. */
export function drawResult(result: Result): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({
      animation: false,
      backgroundColor: paper,
      color: colours,
      textStyle: { fontFamily: 'system-ui, sans-serif', color: ink },
      ...(result.overTime ? overTime(result) : bars(result))
    })
    return chart.renderToSVGString().replace(/<svg [^>]*>/, (tag) => `${tag}${darkMode}`)
  } finally {
    chart.dispose()
  }
}

const textStyle = { color: ink, fontSize: 12 }
const lines = {
  axisLabel: { color: ink },
  axisLine: { lineStyle: { color: faint } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: faint } },
  nameTextStyle: { color: ink }
}

function frame({ title, environment }: Result, shown: string) {
  const { date, cpu, cores } = environment
  return {
    title: {
      text: title.replaceAll('`', ''),
      subtext: `${shown}. ${date.slice(0, 10)}, ${cpu}, ${cores} cores`,
      left: 16,
      top: 12,
      textStyle: { color: ink, fontSize: 16 },
      subtextStyle: { color: ink, fontSize: 12 }
    },
    legend: { bottom: 10, textStyle, itemGap: 18 },
    grid: { left: side, right: side, top: 88, bottom: 92 }
  }
}

/** A group of bars for each case; the floor is a line where the others are shown as its multiples. */
function bars(result: Result): EChartsCoreOption {
  const { subjects, cases, operation, shown } = result
  const { figure, absolute = false } = shown
  const reference = subjects[1]?.name ?? ''
  const drawn = absolute ? subjects : subjects.filter(({ name }) => name !== reference)
  const what = figureName(figure, operation)
  const times = `${what.replace(/, [^,]*$/, '')}, times that of "${reference}"`
  const value = (one: CaseResult, name: string) =>
    absolute ? figureOf(one, name, figure) : ratioOf(one, name, reference, figure)
  const others = colours.values()
  const digits = absolute ? 0 : 2
  const formatter = ({ value }: { value: unknown }) =>
    typeof value === 'number' ? value.toFixed(digits) : ''
  return {
    ...frame(
      result,
      `${absolute ? what.replace(/(?=, [^,]*$)/, ` of ${operation}`) : times}: median, lower is better`
    ),
    xAxis: {
      type: 'category',
      data: cases.map(({ name }) => name),
      ...lines,
      axisLabel: {
        color: ink,
        interval: 0,
        width: (width - 2 * side) / cases.length - 8,
        overflow: 'break'
      }
    },
    yAxis: { type: 'value', min: 0, ...lines },
    series: drawn.map(({ name }, index) => ({
      name,
      type: 'bar',
      color: name === reference ? floorColour : others.next().value,
      barMaxWidth: 56,
      barGap: '8%',
      label: { show: true, position: 'top', color: ink, fontSize: 11, backgroundColor: paper, formatter },
      data: cases.map((one) => placed(value(one, name)?.median)),
      ...(index === 0 && !absolute && { markLine: lineAt(1, reference) })
    }))
  }
}

function lineAt(yAxis: number, name: string) {
  return {
    silent: true,
    symbol: 'none',
    // Behind the bars and their figures, which it would run through.
    z: 1,
    lineStyle: { color: ink, type: 'dashed' },
    label: { formatter: name, color: ink },
    data: [{ yAxis }]
  }
}

const lineTypes = { p50Ms: 'solid', p99Ms: 'dashed', rssMiB: 'dotted' } as const

/** One line for each server and figure, the memory on an axis of its own. */
function overTime(result: Result): EChartsCoreOption {
  const { subjects, cases, operation } = result
  const [one] = cases as [CaseResult]
  const figures = ['p50Ms', 'p99Ms', 'rssMiB'] as const
  const base = frame(result, 'Round by round, lower is better')
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

/** A place without a value stays empty. */
function placed(value: number | undefined): number | '-' {
  return value === undefined ? '-' : Number(value.toPrecision(4))
}
