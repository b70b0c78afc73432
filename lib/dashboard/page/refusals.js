import { element } from './dom.js'
import { clock, count, nodeName } from './format.js'
import { keyedChildren, setData, setText } from './keyed.js'
import { change, hrefOf, route } from './route.js'

/** What a kind is called where it is one of many. */
const titles = {
  origin: 'Wrong origin',
  subprotocol: 'Wrong sub-protocol',
  version: 'Unknown protocol version',
  connect: 'Refused by connect',
  expired: 'Token is over',
  expiresAt: 'expiresAt in the past',
  socketsPerUser: 'Too many sockets of a user',
  sessions: 'Too many long-poll sessions',
  connectRate: 'Connects too often',
  unmatchedTopic: 'No such topic',
  channels: 'Too many channels of a socket',
  joinRate: 'Joins too often',
  eventRate: 'Pushes too often',
  duplicateJoin: 'Joined anew'
}
const titleOf = (kind) => titles[kind] ?? kind

/** Details that name something which can be looked for among sockets. */
const searchable = ['id', 'user', 'userId', 'address', 'topic']

/** The view of refusals: what was refused, why, and what to do about it. */
export function createRefusals(app) {
  let channel
  let known = { counts: {}, recent: [], silent: [] }
  const kinds = element('ul', { className: 'kinds' })
  const recent = element('ol', { className: 'refusals' })
  const search = element('input', {
    type: 'search',
    placeholder: 'Part of a word, address or topic',
    spellcheck: false,
    ariaLabel: 'Search refusals'
  })
  const silent = element('p', { className: 'partial', hidden: true })
  const nothing = element('p', { className: 'empty' })
  const kindRows = keyedChildren(kinds, ([kind]) => kind, makeKind)
  const rows = keyedChildren(recent, keyOf, makeRefusal)

  search.addEventListener('input', () => {
    change({ params: { query: search.value.trim() || undefined } }, { replace: true })
  })

  function draw() {
    const { kind, query = '', node } = route().params
    const counts = Object.entries(known.counts).filter(([, value]) => value > 0)
    const most = Math.max(...counts.map(([, value]) => value))
    kindRows.set(
      counts.sort(([, a], [, b]) => b - a).map(([name, value]) => [name, value, value / most, name === kind])
    )
    const matches = (refusal) =>
      (kind === undefined || refusal.kind === kind) &&
      (node === undefined || refusal.node === node) &&
      textOf(refusal).includes(query.toLowerCase())
    const shown = known.recent.filter(matches)
    if (!recent.matches(':hover')) rows.set(shown)
    nothing.hidden = shown.length > 0
    setText(nothing, emptyText(known, kind !== undefined || query !== ''))
    silent.hidden = known.silent.length === 0
    setText(
      silent,
      `No answer from ${known.silent.map(nodeName).join(', ')}: refusals there are missing here.`
    )
  }

  recent.addEventListener('mouseleave', draw)

  function take(refusals) {
    known = refusals
    draw()
  }

  const panel = (title, ...children) =>
    element(
      'section',
      { className: 'panel' },
      element('div', { className: 'head' }, element('h2', { text: title })),
      ...children
    )
  return {
    node: element(
      'div',
      { className: 'split refused' },
      panel('Lately', element('div', { className: 'filters' }, search), silent, nothing, recent),
      panel('Since the start', kinds)
    ),
    show({ params }) {
      if (document.activeElement !== search) search.value = params.query ?? ''
      rows.set([])
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

const keyOf = ({ at, node, kind, details }) => `${at} ${node} ${kind} ${JSON.stringify(details)}`

const textOf = (refusal) =>
  `${titleOf(refusal.kind)} ${refusal.words} ${Object.values(refusal.details).join(' ')}`.toLowerCase()

function makeKind([kind]) {
  const number = element('span', { className: 'number' })
  const link = element('a', { text: titleOf(kind) })
  const bar = element('meter', { max: 1, ariaHidden: 'true' })
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

function makeRefusal({ at, node, kind, words, details }) {
  const facts = Object.entries(details).map(([name, value]) => {
    const text = String(value)
    const inner = searchable.includes(name)
      ? element('a', { text, href: hrefOf('sockets', undefined, { query: text }) })
      : element('code', { text })
    return element('span', { className: 'fact' }, element('b', { text: name }), inner)
  })
  const head = element(
    'div',
    { className: 'refusal-head' },
    element('time', { text: clock(at) }),
    element('strong', { text: titleOf(kind) }),
    element('span', { className: 'hint', text: nodeName(node) })
  )
  const made = element(
    'li',
    {},
    head,
    element('p', { text: sentence(words) }),
    element('div', { className: 'facts-line' }, ...facts)
  )
  setData(made, 'kind', kind)
  return { node: made, update() {} }
}

/** A line of the log is no sentence yet. */
function sentence(words) {
  const text = words.charAt(0).toUpperCase() + words.slice(1)
  return /[.!?]$/.test(text) ? text : `${text}.`
}
