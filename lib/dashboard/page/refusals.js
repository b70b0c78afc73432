import { element } from './dom.js'
import { clock, count, nodeName, plural, sentence } from './format.js'
import { keyedChildren, setText } from './keyed.js'
import { groupByKind, titleOf } from './refusal-kinds.js'
import { change, hrefOf, route } from './route.js'

const mostShown = 50
/** So few are shown at once. */
const fewRefusals = 3

/** Details that name something which can be looked for among sockets. */
const searchable = ['id', 'user', 'userId', 'address', 'topic']

/** The view of refusals: what was refused, why, and what to do about it. */
export function createRefusals(app) {
  let channel
  let known = { counts: {}, recent: [], silent: [] }
  const kinds = element('ul', { className: 'kinds' })
  const groups = element('ul', { className: 'causes' })
  const search = element('input', {
    type: 'search',
    placeholder: 'Part of a word, address or topic',
    spellcheck: false,
    ariaLabel: 'Search refusals'
  })
  const title = element('h2')
  const all = element('a', { text: 'Show all' })
  const silent = element('p', { className: 'partial', hidden: true })
  const nothing = element('p', { className: 'empty' })
  const noKinds = element('p', { className: 'empty', text: 'Nothing.' })
  const kindRows = keyedChildren(kinds, ([kind]) => kind, makeKind)
  const groupRows = keyedChildren(groups, ({ kind }) => kind, makeGroup)

  search.addEventListener('input', () => {
    change({ params: { query: search.value.trim() || undefined } }, { replace: true })
  })

  function draw() {
    const { kind, query = '', node } = route().params
    setText(title, kind === undefined ? 'The last ones' : `The last ones: ${titleOf(kind)}`)
    all.hidden = kind === undefined
    all.href = hrefOf('refusals')
    const counts = Object.entries(known.counts).filter(([, value]) => value > 0)
    const most = Math.max(...counts.map(([, value]) => value))
    counts.sort(([, a], [, b]) => b - a)
    kindRows.set(counts.map(([name, value]) => [name, value, value / most, name === kind]))
    noKinds.hidden = counts.length > 0
    const matches = (refusal) =>
      (kind === undefined || refusal.kind === kind) &&
      (node === undefined || refusal.node === node) &&
      textOf(refusal).includes(query.toLowerCase())
    const shown = known.recent.filter(matches)
    groupRows.set(groupByKind(shown))
    nothing.hidden = shown.length > 0
    setText(nothing, emptyText(known, kind !== undefined || query !== '' || node !== undefined))
    silent.hidden = known.silent.length === 0
    setText(
      silent,
      `No answer from ${known.silent.map(nodeName).join(', ')}: refusals there are missing here.`
    )
  }

  function take(refusals) {
    known = refusals
    draw()
  }

  return {
    node: element(
      'div',
      { className: 'split refused' },
      element(
        'section',
        { className: 'panel' },
        element('div', { className: 'head' }, title, all, search),
        silent,
        nothing,
        groups
      ),
      element(
        'section',
        { className: 'panel' },
        element('div', { className: 'head' }, element('h2', { text: 'Since the start' })),
        noKinds,
        kinds
      )
    ),
    show({ params }) {
      if (document.activeElement !== search) search.value = params.query ?? ''
      draw()
      channel ??= app.open('refusals', { joined: take, on: { refusals: take } })
    },
    hide() {
      channel?.close()
      channel = undefined
    }
  }
}

function emptyText({ recent }, isFiltered) {
  if (isFiltered && recent.length > 0) return 'None of the last refusals is such a one.'
  return 'Nothing was refused. Each refusal is shown here with its reason, and what to do when it should not be one.'
}

const textOf = (refusal) =>
  `${titleOf(refusal.kind)} ${refusal.words} ${Object.values(refusal.details).join(' ')}`.toLowerCase()

function makeKind([kind]) {
  const number = element('span', { className: 'number' })
  const link = element('a', { text: titleOf(kind) })
  const bar = element('progress', { max: 1, ariaHidden: 'true' })
  return {
    node: element('li', {}, link, number, bar),
    update([, value, part, selected]) {
      setText(number, count(value))
      bar.value = part
      link.href = hrefOf('refusals', undefined, selected ? {} : { kind })
      if (selected) link.setAttribute('aria-current', 'true')
      else link.removeAttribute('aria-current')
    }
  }
}

function makeGroup({ kind, refusals }) {
  const number = element('span', { className: 'count' })
  const words = element('p')
  const usual = element('div', { className: 'facts-line usual' })
  const usualRows = keyedChildren(usual, ({ name, value }) => `${name} ${value}`, makeUsual)
  const list = element('ol')
  const rows = keyedChildren(list, keyOf, makeRefusal)
  const more = element('p', { className: 'hint' })
  const title = element('h3', { text: titleOf(kind) })
  const open = refusals.length <= fewRefusals
  const each = element('details', { open }, element('summary', { text: 'Each of them' }), list, more)
  return {
    node: element(
      'li',
      { data: { kind } },
      element('div', { className: 'cause' }, number, title),
      words,
      usual,
      each
    ),
    update(group) {
      setText(number, count(group.refusals.length))
      setText(words, sentence(group.words))
      usualRows.set(group.usual)
      usual.hidden = group.usual.length === 0
      // Rows that come and go under a pointer are hard to read.
      if (!list.matches(':hover')) rows.set(group.refusals.slice(0, mostShown))
      const rest = group.refusals.length - mostShown
      more.hidden = rest <= 0
      setText(more, `${plural(rest, 'older one')} left out.`)
    }
  }
}

const keyOf = ({ at, node, details }) => `${at} ${node} ${JSON.stringify(details)}`

function makeUsual({ name, value }) {
  const share = element('span', { className: 'hint' })
  return {
    node: element('span', { className: 'fact' }, element('b', { text: name }), detailOf(name, value), share),
    update(usual) {
      setText(share, ` ${count(usual.count)} times`)
    }
  }
}

function makeRefusal({ at, node, details }) {
  const facts = Object.entries(details).map(([name, value]) =>
    element('span', { className: 'fact' }, element('b', { text: name }), detailOf(name, String(value)))
  )
  const time = element('time', { text: clock(at) })
  const where = element('span', { text: nodeName(node), title: node })
  return {
    node: element('li', {}, element('div', { className: 'facts-line' }, time, where, ...facts)),
    update() {}
  }
}

function detailOf(name, text) {
  if (!searchable.includes(name)) return element('code', { text })
  return element('a', { text, href: hrefOf('sockets', undefined, { query: text }) })
}
