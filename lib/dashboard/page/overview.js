import { createChart } from './chart.js'
import { element } from './dom.js'
import { clock, duration, nodeName, none } from './format.js'
import { setText } from './keyed.js'
import { charts, figures } from './overview-charts.js'
import { createProblemList } from './problem-list.js'
import { change, hrefOf, route } from './route.js'
import { together } from './samples.js'

const hues = 6

/** The first view: what is wrong now, how much there is, and the last ten minutes. */
export function createOverview(app) {
  let isShown = false
  let times = []
  let pointed = null
  const problems = createProblemList()
  const tiles = figures.map(createFigure)
  const moment = element('span', { className: 'hint' })
  const compare = createCompare()
  const drawn = charts.map(({ view, params, ...chart }) =>
    createChart({ ...chart, link: () => hrefOf(view, undefined, params), onPoint: point })
  )

  function point(index) {
    if (index === pointed) return
    pointed = index
    for (const chart of drawn) chart.point(index)
    sayMoment()
  }

  function sayMoment() {
    const at = times[pointed]
    const text = at === undefined ? '' : `at ${clock(at * 1000)}, ${duration((times.at(-1) - at) * 1000)} ago`
    setText(moment, text)
  }

  function draw() {
    const { node, compare: isCompared } = route().params
    const nodes = node === undefined ? undefined : [node]
    const timeline = app.samples.timeline(nodes)
    times = timeline.times
    compare.update(node === undefined && timeline.rows.size > 1, isCompared)
    const current = app.samples.current(node)
    for (const tile of tiles) tile.update(current)
    charts.forEach((chart, index) => {
      const lines =
        isCompared && node === undefined ? nodeLines(chart, timeline.rows) : chartLines(chart, timeline)
      drawn[index].draw(times, lines)
    })
    // A second has gone by, and what is pointed at is a place on the screen.
    if (pointed !== null) {
      for (const chart of drawn) chart.point(Math.min(pointed, times.length - 1))
      sayMoment()
    }
  }

  return {
    node: element(
      'div',
      {},
      problems.node,
      element('ul', { className: 'figures' }, ...tiles.map((tile) => tile.node)),
      element(
        'div',
        { className: 'chart-tools' },
        element('h2', { text: 'The last ten minutes' }),
        moment,
        compare.node
      ),
      element('div', { className: 'charts' }, ...drawn.map((chart) => chart.node))
    ),
    show() {
      isShown = true
      draw()
    },
    hide() {
      isShown = false
    },
    /** There are new samples. */
    update(found) {
      problems.update(found)
      if (isShown && !document.hidden) draw()
    }
  }
}

function chartLines({ lines }, { times, rows }) {
  const all = [...rows.values()]
  return lines.map(({ label, hue, of, join }) => ({
    label,
    hue,
    values: times.map((_, index) =>
      together(
        all.map((row) => row[index]),
        of,
        join
      )
    )
  }))
}

/** A line a node, of what they are compared by. */
function nodeLines({ lines, compare = lines[0].of }, rows) {
  return [...rows].map(([node, row], index) => ({
    label: nodeName(node),
    hue: (index % hues) + 1,
    values: row.map((sample) => (sample === undefined ? null : compare(sample)))
  }))
}

function createFigure({ title, view, params, of, format, about }) {
  const value = element('b')
  const link = element('a', {}, element('span', { text: title }), value)
  if (about) link.title = about
  return {
    node: element('li', {}, link),
    update(samples) {
      const sum = together(samples, of)
      setText(value, sum === null ? none : format(sum))
      link.href = hrefOf(view, undefined, params)
    }
  }
}

function createCompare() {
  const box = element('input', { type: 'checkbox' })
  const node = element('label', { className: 'compare' }, box, ' a line for each node')
  box.addEventListener('change', () =>
    change({ params: { compare: box.checked ? 1 : undefined } }, { replace: true })
  )
  return {
    node,
    update(isUseful, isCompared) {
      node.hidden = !isUseful
      box.checked = isCompared !== undefined
    }
  }
}
