import { element } from './dom.js'
import { setText } from './keyed.js'
import uPlot from './uPlot.esm.js'

const height = 132
const windowSeconds = 600
const ticks = [600, 450, 300, 150, 0]
/** Milliseconds that a logarithmic axis can begin, end and be divided at. */
const steps = [0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000]
const color = (name) => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/**
 * One chart of the last ten minutes, with a legend that says the values of the moment that is pointed at, of now
 * otherwise.
 *
 * @param title What it shows; `link` gives where more of it is.
 * @param format Makes a value text; `axis` does for the axis.
 * @param isLog Whether the vertical axis is logarithmic.
 * @param onPoint Called with the index that is pointed at, null for none; see `point`.
 */
export function createChart({ title, link, format, axis = format, isLog = false, onPoint }) {
  const heading = element('a', { text: title })
  const legend = element('ul', { className: 'legend' })
  const target = element('div', { className: 'plot', tabIndex: 0 })
  target.setAttribute('role', 'img')
  const node = element(
    'section',
    { className: 'panel chart' },
    element('div', { className: 'chart-head' }, element('h3', {}, heading), legend),
    target
  )
  let plot
  let shape = ''
  let values = []
  let data
  let pointed = null

  /** Another set of lines needs another plot. */
  function build(lines) {
    plot?.destroy()
    values = lines.map(({ label, hue }) => {
      const value = element('b', { text: '' })
      legend.append(element('li', {}, element('i', { className: `swatch hue-${hue}` }), `${label} `, value))
      return value
    })
    legend.replaceChildren(...values.map((value) => value.parentElement))
    plot = new uPlot(
      optionsOf(lines, { width: target.clientWidth || 320, axis, isLog, onPoint }),
      empty(lines),
      target
    )
  }

  function say() {
    const index = pointed ?? (data?.[0].length ?? 0) - 1
    values.forEach((value, line) => {
      const at = data?.[line + 1][index]
      setText(value, at === null || at === undefined ? '–' : format(at))
    })
    const words = values.map((value) => value.parentElement.textContent).join(', ')
    const label = `${title}, the last ten minutes. ${pointed === null ? 'Now' : 'Then'}: ${words}`
    if (target.ariaLabel !== label && (document.activeElement === target || pointed === null))
      target.ariaLabel = label
  }

  new ResizeObserver(() => {
    if (plot !== undefined && target.clientWidth > 0) plot.setSize({ width: target.clientWidth, height })
  }).observe(target)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot?.redraw(false))
  target.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (!step || data === undefined) return
    event.preventDefault()
    const last = data[0].length - 1
    onPoint(Math.max(0, Math.min(last, (pointed ?? last) + step * (event.shiftKey ? 30 : 1))))
  })
  target.addEventListener('blur', () => onPoint(null))

  return {
    node,

    /** Draws lines `{ label, hue, values }` over times in Unix seconds. */
    draw(times, lines) {
      const wanted = lines.map(({ label, hue }) => `${label} ${hue}`).join('\n')
      if (wanted !== shape) build(lines)
      shape = wanted
      heading.href = link()
      data = [times, ...lines.map((line) => line.values)]
      const now = times.at(-1)
      plot.batch(() => {
        plot.setData(isLog ? data.map((row, index) => (index === 0 ? row : row.map(aboveZero))) : data, false)
        plot.setScale('x', { min: now - windowSeconds, max: now })
        plot.setScale('y', isLog ? logRange(data) : linearRange(data))
      })
      say()
    },

    /** Shows the values of that moment; the line that marks it is moved along. */
    point(index) {
      pointed = index
      say()
      if (plot === undefined) return
      const left = index === null ? -10 : plot.valToPos(data[0][index], 'x')
      plot.setCursor({ left, top: -10 }, false)
    }
  }
}

function optionsOf(lines, { width, axis, isLog, onPoint }) {
  const common = { stroke: color('--muted'), ticks: { show: false } }
  return {
    width,
    height,
    padding: [8, 15, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 6 },
      // Every chart shows the same moment, so that they are told which and not where.
      bind: {
        mousemove: (plot, _target, handler) => (event) => {
          handler(event)
          onPoint(plot.cursor.left >= 0 ? (plot.cursor.idx ?? null) : null)
        },
        mouseleave: (_plot, _target, handler) => (event) => {
          handler(event)
          onPoint(null)
        }
      }
    },
    scales: { x: { time: false }, y: isLog ? { distr: 3 } : {} },
    axes: [
      {
        ...common,
        grid: { show: false },
        splits: (plot) => ticks.map((ago) => plot.scales.x.max - ago),
        values: (plot) =>
          ticks.map((ago) => (ago === 0 ? 'now' : plot.width < 300 && ago % 300 ? '' : `${ago / 60} min`)),
        size: 24
      },
      {
        ...common,
        grid: { stroke: color('--line'), width: 1 },
        size: 54,
        space: 28,
        values: (_plot, splits) => splits.map((value) => axis(value)),
        ...(isLog && {
          splits: ({ scales }) => steps.filter((value) => value >= scales.y.min && value <= scales.y.max),
          filter: (_plot, splits) => splits
        })
      }
    ],
    series: [
      {},
      ...lines.map(({ hue }) => ({
        stroke: color(`--hue-${hue}`),
        width: 1.5,
        points: { show: false },
        spanGaps: false
      }))
    ]
  }
}

const empty = (lines) => [[], ...lines.map(() => [])]

const aboveZero = (value) => (value === null ? null : Math.max(value, steps[0]))

const allOf = (data) => data.slice(1).flatMap((row) => row.filter((value) => value !== null))

/** From nothing to a bit above the largest. */
function linearRange(data) {
  const max = allOf(data).reduce((a, b) => Math.max(a, b), 0)
  return { min: 0, max: max === 0 ? 1 : max * 1.08 }
}

function logRange(data) {
  const all = allOf(data).filter((value) => value > 0)
  const smallest = all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const largest = all.reduce((a, b) => Math.max(a, b), 0)
  const min = steps.findLast((step) => step <= smallest) ?? steps[0]
  const max = steps.find((step) => step >= largest && step > min) ?? steps.at(-1)
  return all.length === 0 ? { min: 0.1, max: 100 } : { min, max }
}
