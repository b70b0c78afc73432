import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import * as style from '../../lib/load/picture-style.js'

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer])

const width = 960
const height = 420
const side = 56

export const colours = Object.values(style.palette)
export const floorColour = '#8c959f'

const paper = style.paper.light
const ink = style.ink.light
const faint = style.faint.light

/** The picture follows the page that it is seen on. */
const darkMode = `<style>@media (prefers-color-scheme: dark) {
[fill="${paper}"] { fill: ${style.paper.dark} } [fill="${ink}"] { fill: ${style.ink.dark} }
[stroke="${faint}"] { stroke: ${style.faint.dark} } [stroke="${ink}"] { stroke: ${style.ink.dark} }
}</style>`

/** A chart as SVG. @param pixels how high it is */
export function draw(option: EChartsCoreOption, pixels = height): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height: pixels })
  try {
    chart.setOption({
      animation: false,
      backgroundColor: paper,
      color: colours,
      textStyle: { fontFamily: 'system-ui, sans-serif', color: ink },
      ...option
    })
    return chart.renderToSVGString().replace(/<svg [^>]*>/, (tag) => `${tag}${darkMode}`)
  } finally {
    chart.dispose()
  }
}

const textStyle = { color: ink, fontSize: 12 }

/** How axes look. */
export const lines = {
  axisLabel: { color: ink },
  axisLine: { lineStyle: { color: faint } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: faint } },
  nameTextStyle: { color: ink }
}

/** Title, legend and margins. */
export function frame(title: string, subtext: string) {
  return {
    title: {
      text: title.replaceAll('`', ''),
      subtext,
      left: 16,
      top: 12,
      textStyle: { color: ink, fontSize: 16 },
      subtextStyle: { color: ink, fontSize: 12 }
    },
    legend: { bottom: 10, textStyle, itemGap: 18 },
    grid: { left: side, right: side, top: 88, bottom: 92 }
  }
}

/** Bars side by side, a group of them for each thing that is compared. */
export interface Groups {
  readonly title: string
  readonly subtext: string
  /** What the groups are called. */
  readonly names: readonly string[]
  /** Who is compared: a value for each group, undefined where there is none. */
  readonly series: readonly {
    readonly name: string
    readonly colour: string | undefined
    readonly values: readonly (number | undefined)[]
  }[]
  /** Digits behind the point. */
  readonly digits: number
  /** What the values are multiples of: a line at 1. */
  readonly reference: string | undefined
}

export function groupsOfBars({
  title,
  subtext,
  names,
  series,
  digits,
  reference
}: Groups): EChartsCoreOption {
  const formatter = ({ value }: { value: unknown }) =>
    typeof value === 'number' ? value.toFixed(digits) : ''
  return {
    ...frame(title, subtext),
    xAxis: {
      type: 'category',
      data: names,
      ...lines,
      axisLabel: { color: ink, interval: 0, width: (width - 2 * side) / names.length - 8, overflow: 'break' }
    },
    yAxis: { type: 'value', min: 0, ...lines },
    series: series.map(({ name, colour, values }, index) => ({
      name,
      type: 'bar',
      color: colour,
      barMaxWidth: 56,
      barGap: '8%',
      label: { show: true, position: 'top', color: ink, fontSize: 11, backgroundColor: paper, formatter },
      data: values.map(placed),
      ...(index === 0 && reference !== undefined && { markLine: lineAt(1, reference) })
    }))
  }
}

/** How far names reach into a picture whose bars lie, and what a bar takes of its height. */
const nameWidth = 270
const barHeight = 13

/** Groups of bars that lie, one below the other: for many of them, and names of some length. */
export function drawLyingBars(groups: Groups): string {
  const { title, subtext, names, series } = groups
  const { xAxis, yAxis, series: bars } = groupsOfBars(groups)
  const chart = frame(title, subtext)
  const lying = {
    ...chart,
    grid: { ...chart.grid, left: nameWidth, bottom: 64 },
    xAxis: { ...(yAxis as object), position: 'top' },
    yAxis: { ...(xAxis as object), inverse: true, axisLabel: { ...lines.axisLabel, interval: 0 } },
    series: (bars as { label: object; markLine?: object }[]).map(({ markLine, label, ...bar }) => ({
      ...bar,
      label: { ...label, position: 'right' },
      barCategoryGap: '24%',
      ...(markLine && { markLine: { ...markLine, data: [{ xAxis: 1 }] } })
    }))
  }
  return draw(lying, 88 + 64 + names.length * (series.length + 1) * barHeight)
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

/** A place without a value stays empty. */
export function placed(value: number | undefined): number | '-' {
  return value === undefined ? '-' : Number(value.toPrecision(4))
}
