import { byId, milliseconds } from './dom.js'
import { measuredMark } from './measured.js'
import uPlot from './uPlot.esm.js'

const transports = ['websocket', 'datachannel']
const windowSeconds = 60
const ticks = [60, 45, 30, 15, 0]
/** Milliseconds that the vertical axis can begin, end and be divided at: even steps of a logarithm. */
const steps = [0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000]

/** Measures `demo.echo` over both transports at a steady rate and draws the round trips. */
export function createChart(hooks) {
  const toggle = byId('chart-toggle')
  const rate = byId('chart-rate')
  /** `{ at, transport, ms }`, the oldest first. */
  let samples = []
  let timer
  let running = false
  let count = 0

  const plot = makePlot(byId('chart'))
  const seconds = () => performance.now() / 1000

  function measure() {
    // A page that nobody sees measures the browser's timers, not the server.
    if (document.hidden) return
    // In turns: calls that are sent together would wait for each other in this page.
    const transport = transports[++count % transports.length]
    hooks.call(transport, 'demo', 'echo', [`${measuredMark} ${count}`]).then(({ ok, ms }) => {
      if (ok) samples.push({ at: seconds(), transport, ms })
    })
  }

  function draw() {
    const now = seconds()
    samples = samples.filter(({ at }) => at > now - windowSeconds)
    plot.draw(samples, now)
    for (const transport of transports) showStats(transport, samples)
  }

  function restart() {
    clearInterval(timer)
    if (running) timer = setInterval(measure, 1000 / transports.length / Number(rate.value))
    toggle.dataset.state = running ? 'running' : 'stopped'
    toggle.textContent = running ? 'Stop' : 'Start'
  }

  toggle.addEventListener('click', () => {
    running = !running
    restart()
  })
  rate.addEventListener('change', restart)
  setInterval(() => running && !document.hidden && draw(), 200)

  return {
    /** Starts measuring, as the button does. */
    start() {
      running = true
      restart()
    }
  }
}

function showStats(transport, samples) {
  const sorted = samples
    .filter((sample) => sample.transport === transport)
    .map(({ ms }) => ms)
    .sort((a, b) => a - b)
  const row = byId(`stats-${transport}`)
  const show = (of, text) => {
    row.querySelector(`[data-of=${of}]`).textContent = text
  }
  const some = sorted.length > 0
  show('p50', some ? milliseconds(percentile(sorted, 0.5)) : '-')
  show('p95', some ? milliseconds(percentile(sorted, 0.95)) : '-')
  show('max', some ? milliseconds(sorted.at(-1)) : '-')
  show('count', String(sorted.length))
}

/** The smallest value that `part` of the sorted list does not exceed (nearest rank). */
function percentile(sorted, part) {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]
}

function makePlot(target) {
  const color = (name) => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const axis = {
    stroke: color('--muted'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false }
  }
  const series = (label, name) => ({
    label,
    stroke: color(name),
    width: 1.25,
    spanGaps: true,
    points: { show: true, size: 4, fill: color(name), width: 0 }
  })
  const height = 220
  const plot = new uPlot(
    {
      width: target.clientWidth || 600,
      height,
      padding: [10, 16, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false }, y: { distr: 3 } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          splits: (self) => ticks.map((ago) => self.scales.x.max - ago),
          values: () => ticks.map((ago) => (ago === 0 ? 'now' : `${ago} s ago`)),
          size: 28
        },
        {
          ...axis,
          splits: (self) => steps.filter((ms) => ms >= self.scales.y.min && ms <= self.scales.y.max),
          // By itself a logarithmic axis of uPlot labels powers of ten alone.
          filter: (_self, splits) => splits,
          values: (_self, splits) => splits.map((ms) => `${ms} ms`),
          size: 62
        }
      ],
      series: [{}, series('WebSocket', '--websocket'), series('DataChannel', '--datachannel')]
    },
    [[], [], []],
    target
  )
  new ResizeObserver(() => {
    if (target.clientWidth > 0) plot.setSize({ width: target.clientWidth, height })
  }).observe(target)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw(false))

  return {
    draw(samples, now) {
      const of = (wanted) => samples.map(({ transport, ms }) => (transport === wanted ? ms : null))
      plot.batch(() => {
        plot.setData([samples.map(({ at }) => at), of('websocket'), of('datachannel')], false)
        plot.setScale('x', { min: now - windowSeconds, max: now })
        plot.setScale('y', range(samples))
      })
    }
  }
}

/** From the step below the smallest sample to the step above the largest. */
function range(samples) {
  const all = samples.map(({ ms }) => ms)
  const min = steps.findLast((ms) => ms <= Math.min(...all)) ?? steps[0]
  const max = steps.find((ms) => ms >= Math.max(...all)) ?? steps.at(-1)
  return samples.length === 0 || min === max ? { min: 0.3, max: 10 } : { min, max }
}
