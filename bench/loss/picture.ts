import { init } from 'echarts'
import type { Environment } from '../lib/environment.js'
import type { LinkKind } from './link.js'
import { type Comparison, percentiles, transportNames } from './transports.js'

/** What a run measured: a comparison for each link. */
export interface LossResult {
  environment: Environment
  clients: number
  intervalMs: number
  ms: number
  links: (LinkKind & { comparison: Comparison })[]
}

const width = 960
const panelHeight = 280
const colours = ['#d9480f', '#1971c2', '#2f9e44']
const left = 64
const gap = 44
const top = 72
const bottom = 64

/**
 * Draws the latency at each percentile, a panel for each link, as SVG: below each other those with
 * different delays, and beside each other those that lose different shares of the packets.
 */
export function drawLoss({ links }: LossResult): string {
  const delays = [...new Set(links.map(({ roundTripMs }) => roundTripMs))]
  const losses = [...new Set(links.map(({ percent }) => percent))]
  const height = top + delays.length * (panelHeight + bottom)
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  const panel = (width - left - gap * losses.length) / losses.length
  const places = links.map(({ percent, roundTripMs }) => ({
    left: left + losses.indexOf(percent) * (panel + gap),
    top: top + delays.indexOf(roundTripMs) * (panelHeight + bottom)
  }))
  const isFirst = (index: number) => places[index]?.left === left
  const labels = percentiles.map((percentile) => (percentile === 100 ? 'max' : `p${percentile}`))
  /** All latencies beside each other: panels are to be compared. */
  const inRow = (delay: number) =>
    links
      .filter(({ roundTripMs }) => roundTripMs === delay)
      .flatMap(({ comparison }) => transportNames.flatMap((name) => comparison[name].ms))
  const power = (round: (value: number) => number, value: number) => 10 ** round(Math.log10(value))
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    color: colours,
    legend: { data: transportNames, top: 8 },
    title: links.map((link, index) => ({
      text: nameOf(link),
      left: (places[index]?.left ?? 0) + panel / 2,
      top: (places[index]?.top ?? 0) - 32,
      textAlign: 'center',
      textStyle: { fontSize: 13 }
    })),
    grid: places.map((place) => ({ ...place, width: panel, height: panelHeight })),
    xAxis: links.map((_, gridIndex) => ({ type: 'category', gridIndex, data: labels, boundaryGap: false })),
    yAxis: links.map(({ roundTripMs }, gridIndex) => ({
      type: 'log',
      gridIndex,
      min: power(Math.floor, Math.min(...inRow(roundTripMs))),
      max: power(Math.ceil, Math.max(...inRow(roundTripMs))),
      name: isFirst(gridIndex) ? 'round trip of a call, ms' : '',
      nameLocation: 'middle',
      nameGap: 44,
      axisLabel: { show: isFirst(gridIndex) }
    })),
    series: links.flatMap(({ comparison }, index) =>
      transportNames.map((name) => ({
        type: 'line',
        name,
        xAxisIndex: index,
        yAxisIndex: index,
        data: comparison[name].ms,
        symbolSize: 6
      }))
    )
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return `${svg}\n`
}

function nameOf({ percent, roundTripMs }: LinkKind): string {
  const loss = percent === 0 ? 'no loss' : `${percent} % loss`
  return roundTripMs === 0 ? loss : `${loss}, ${roundTripMs} ms away`
}
