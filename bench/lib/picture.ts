import { writeFileSync } from 'node:fs'
import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { figureName } from './report.js'
import type { CaseResult, Result } from './results.js'
import { figureOf, ratioOf } from './summary.js'

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer])

const width = 960
const barsHeight = 420
const timeHeight = 320

/** Colours that can be told apart without seeing red and green (Okabe and Ito). */
const colours = ['#0072b2', '#999999', '#e69f00', '#009e73']

/** Writes the picture of a result as SVG, next to its figures. */
export function savePicture(folder: URL, result: Result): void {
  writeFileSync(new URL(`${result.name}.svg`, folder), `${drawResult(result)}\n`)
}

/** The picture of a result: how many times the floor's each server costs, or its figures over time. */
export function drawResult(result: Result): string {
  return result.overTime ? draw(overTime(result), timeHeight) : draw(ratios(result), barsHeight)
}

function draw(option: EChartsCoreOption, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({ animation: false, backgroundColor: '#ffffff', color: colours, ...option })
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}

function heading({ title, environment }: Result, subtext: string) {
  const { date, cpu, cores } = environment
  return { text: title, subtext: `${subtext}; ${date.slice(0, 10)}, ${cpu}, ${cores} cores`, left: 'center' }
}

function ratios(result: Result): EChartsCoreOption {
  const { subjects, cases, operation } = result
  const reference = subjects[1]?.name ?? ''
  const others = subjects.filter(({ name }) => name !== reference)
  return {
    title: heading(result, `server CPU ${operation}, times that of "${reference}"; lower is better`),
    legend: { bottom: 0, data: others.map(({ name }) => name) },
    grid: { left: 60, right: 30, top: 80, bottom: 80 },
    xAxis: {
      type: 'category',
      data: cases.map(({ name }) => name),
      axisLabel: { interval: 0, width: 110, overflow: 'break' }
    },
    yAxis: { type: 'value', min: 0 },
    series: others.map(({ name }, index) => ({
      name,
      type: 'bar',
      label: { show: true, position: 'top' },
      data: cases.map((one) => rounded(ratioOf(one, name, reference, 'cpuUs')?.median)),
      ...(index === 0 && {
        markLine: { silent: true, symbol: 'none', data: [{ yAxis: 1, name: reference }] }
      })
    }))
  }
}

/** One line for each server and figure, the memory on an axis of its own. */
function overTime(result: Result): EChartsCoreOption {
  const { subjects, cases, operation } = result
  const [one] = cases as [CaseResult]
  const figures = ['p50Ms', 'p99Ms', 'rssMiB'] as const
  return {
    title: heading(result, 'round by round'),
    legend: { bottom: 0 },
    grid: { left: 60, right: 60, top: 80, bottom: 60 },
    xAxis: { type: 'category', data: one.rounds.map((_, round) => String(round + 1)) },
    yAxis: [
      { type: 'log', name: 'ms' },
      { type: 'value', name: 'MiB', min: 0 }
    ],
    series: subjects.flatMap(({ name }, subject) =>
      figures.map((figure) => ({
        name: `${name}, ${figureName(figure, operation)}`,
        type: 'line',
        showSymbol: false,
        yAxisIndex: figure === 'rssMiB' ? 1 : 0,
        color: colours[subject],
        lineStyle: { type: { p50Ms: 'solid', p99Ms: 'dashed', rssMiB: 'dotted' }[figure] },
        data: one.rounds.map((round) => rounded(figureOf({ ...one, rounds: [round] }, name, figure)?.median))
      }))
    )
  }
}

/** A place without a value stays empty. */
function rounded(value: number | undefined): number | '-' {
  return value === undefined ? '-' : Number(value.toPrecision(3))
}
