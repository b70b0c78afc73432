import { init } from 'echarts'
import type { Environment } from '../lib/environment.js'
import { type Comparison, percentiles, transportNames } from './transports.js'

/** What a run measured: a comparison for each share of packets that the link lost. */
export interface LossResult {
  environment: Environment
  clients: number
  intervalMs: number
  ms: number
  links: { percent: number; comparison: Comparison }[]
}

const width = 960
const height = 400
const colours = ['#d9480f', '#1971c2', '#2f9e44']
const left = 64
const gap = 28
const top = 72
const bottom = 48

/** Draws the latency at each percentile, a panel for each link, as SVG. */
export function drawLoss({ links }: LossResult): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  const panel = (width - left - gap * links.length) / links.length
  const labels = percentiles.map((percentile) => (percentile === 100 ? 'max' : `p${percentile}`))
  const all = links.flatMap(({ comparison }) => transportNames.flatMap((name) => comparison[name].ms))
  const power = (round: (value: number) => number, value: number) => 10 ** round(Math.log10(value))
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    color: colours,
    legend: { data: transportNames, top: 8 },
    title: links.map(({ percent }, index) => ({
      text: percent === 0 ? 'no loss' : `${percent} % loss`,
      left: left + index * (panel + gap) + panel / 2,
      top: 40,
      textAlign: 'center',
      textStyle: { fontSize: 13 }
    })),
    grid: links.map((_, index) => ({
      left: left + index * (panel + gap),
      top,
      width: panel,
      height: height - top - bottom
    })),
    xAxis: links.map((_, gridIndex) => ({ type: 'category', gridIndex, data: labels, boundaryGap: false })),
    yAxis: links.map((_, gridIndex) => ({
      type: 'log',
      gridIndex,
      min: power(Math.floor, Math.min(...all)),
      max: power(Math.ceil, Math.max(...all)),
      name: gridIndex === 0 ? 'round trip, ms' : '',
      nameLocation: 'middle',
      nameGap: 44,
      axisLabel: { show: gridIndex === 0 }
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
