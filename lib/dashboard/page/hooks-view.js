import { element } from './dom.js'
import { clock, count, ms, nodeName, none, percent, transportName } from './format.js'
import { setText } from './keyed.js'
import { change, hrefOf } from './route.js'
import { createTable } from './table.js'

const slowMs = 1000
const late = (value) => (value >= slowMs ? 'bad' : value >= slowMs / 5 ? 'busy' : undefined)
const errorsOf = ({ errors }) => Object.values(errors).reduce((sum, value) => sum + value, 0)
/** What stands for several has no function. */
const nameOf = ({ hookPlugin, fn }) => (fn === '' ? hookPlugin : `${hookPlugin}.${fn}`)

const sortable = {
  calls: ({ calls }) => calls,
  errors: errorsOf,
  p50: ({ p50Ms }) => p50Ms,
  p99: ({ p99Ms }) => p99Ms,
  max: ({ maxMs }) => maxMs
}

/** The view of hooks: which are slow, which fail and why. */
export function createHooksView(app) {
  let channel
  let known = { hooks: [], slowest: [], silent: [] }
  let wanted = { params: {} }
  const table = createTable({ label: 'Hooks', columns: hookColumns, keyOf: nameOf, onSort: sortBy })
  const slowest = createTable({
    label: 'The slowest calls',
    columns: slowColumns,
    keyOf: ({ at, node, userId, fn }) => `${at} ${node} ${userId} ${fn}`,
    onSort() {}
  })
  const search = element('input', {
    type: 'search',
    placeholder: 'Part of a name',
    ariaLabel: 'Search hooks',
    spellcheck: false
  })
  const silent = element('p', { className: 'partial', hidden: true })
  const nothing = element('p', { className: 'empty' })
  const noneSlow = element('p', {
    className: 'empty',
    text: 'No hook was called in the last ten minutes. The slowest calls are listed here, with who called.'
  })

  search.addEventListener('input', () => {
    change({ params: { query: search.value.trim() || undefined } }, { replace: true })
  })

  function sortBy(id) {
    change({ params: { sort: id } })
  }

  function draw(now) {
    const { sort = 'p99', query = '' } = wanted.params
    const of = sortable[sort] ?? sortable.p99
    const rows = known.hooks
      .filter((hook) => nameOf(hook).toLowerCase().includes(query.toLowerCase()))
      .sort((a, b) => of(b) - of(a))
    table.update(rows, { now })
    table.sortedBy(sort)
    table.node.hidden = rows.length === 0
    nothing.hidden = rows.length > 0
    setText(
      nothing,
      query
        ? `No hook has "${query}" in its name.`
        : 'No hook was called yet. Each function is listed here, the slowest first.'
    )
    slowest.update(known.slowest, { now })
    slowest.node.hidden = known.slowest.length === 0
    noneSlow.hidden = known.slowest.length > 0
    silent.hidden = known.silent.length === 0
    setText(silent, `No answer from ${known.silent.map(nodeName).join(', ')}: calls there are missing here.`)
  }

  function take(hooks, now) {
    known = hooks
    draw(now)
  }

  const panel = (head, ...children) =>
    element('section', { className: 'panel' }, element('div', { className: 'head' }, ...head), ...children)
  return {
    node: element(
      'div',
      {},
      panel(
        [element('h2', { text: 'Hooks' }), search],
        silent,
        nothing,
        element('div', { className: 'table' }, table.node)
      ),
      panel(
        [element('h2', { text: 'The slowest calls of the last ten minutes' })],
        noneSlow,
        element('div', { className: 'table' }, slowest.node)
      )
    ),
    show(next) {
      wanted = next
      if (document.activeElement !== search) search.value = wanted.params.query ?? ''
      draw(true)
      channel ??= app.open('hooks', {
        joined: (hooks) => take(hooks, true),
        on: { hooks: (hooks) => take(hooks, false) }
      })
    },
    hide() {
      channel?.close()
      channel = undefined
    }
  }
}

const time = (id, title, of) => ({
  id,
  title,
  numeric: true,
  sort: true,
  text: (row) => ms(of(row)),
  state: (row) => late(of(row))
})

const hookColumns = [
  { id: 'name', title: 'Hook', text: nameOf },
  { id: 'calls', title: 'Calls', numeric: true, sort: true, text: ({ calls }) => count(calls) },
  {
    id: 'errors',
    title: 'Errors',
    numeric: true,
    sort: true,
    text: (hook) => {
      const errors = errorsOf(hook)
      return errors === 0 ? '0' : `${count(errors)} (${percent(errors / Math.max(hook.calls, errors))})`
    },
    state: (hook) => (errorsOf(hook) > hook.calls / 20 ? 'bad' : errorsOf(hook) > 0 ? 'busy' : undefined)
  },
  {
    id: 'reasons',
    title: 'Why',
    wide: true,
    text: ({ errors }) =>
      Object.entries(errors)
        .sort(([, a], [, b]) => b - a)
        .map(([reason, value]) => `${reason} ${count(value)}`)
        .join(', ') || none
  },
  time('p50', 'p50', ({ p50Ms }) => p50Ms),
  time('p99', 'p99', ({ p99Ms }) => p99Ms),
  time('max', 'Slowest', ({ maxMs }) => maxMs)
]

const slowColumns = [
  { id: 'at', title: 'At', text: ({ at }) => clock(at) },
  { id: 'ms', title: 'Took', numeric: true, text: (call) => ms(call.ms), state: (call) => late(call.ms) },
  { id: 'name', title: 'Hook', text: nameOf },
  {
    id: 'userId',
    title: 'User',
    text: ({ userId }) => userId,
    href: ({ userId }) => hrefOf('sockets', undefined, { query: userId })
  },
  { id: 'transport', title: 'Over', text: ({ transport }) => transportName(transport) },
  { id: 'node', title: 'Node', text: ({ node }) => nodeName(node), hint: ({ node }) => node },
  {
    id: 'result',
    title: 'Result',
    text: ({ result }) => result,
    state: ({ result }) => (result === 'ok' ? undefined : 'bad')
  }
]
