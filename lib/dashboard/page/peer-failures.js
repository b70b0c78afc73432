import { candidateText } from './candidates.js'
import { element } from './dom.js'
import { clock, duration, nodeName, plural, sentence } from './format.js'
import { keyedChildren, setText } from './keyed.js'
import { hrefOf } from './route.js'

const mostShown = 20

/** Why peers failed lately: by cause, the most frequent first, each with its failures and what they tried. */
export function createFailures() {
  const list = element('ul', { className: 'causes' })
  const nothing = element('p', {
    className: 'empty',
    text: 'No peer has failed lately. One that does is shown here, with the addresses that were tried and the likely cause.'
  })
  const causes = keyedChildren(list, ({ kind }) => kind, makeCause)
  const node = element(
    'section',
    { className: 'panel failures' },
    element('div', { className: 'head' }, element('h2', { text: 'Why peers failed lately' })),
    nothing,
    list
  )
  return {
    node,
    update(failures) {
      const found = group(failures)
      nothing.hidden = found.length > 0
      causes.set(found)
    }
  }
}

const lost =
  'Clients that were connected went away: a closed laptop, a change of network, a browser that was killed. Many at once mean that a network on the way, or this host, stopped passing UDP.'

/** The same cause has other addresses and figures each time. */
const kindOf = (cause) => cause.replace(/\S*\d\S*/g, '#')

function group(failures) {
  const groups = new Map()
  for (const failure of failures) {
    const cause = failure.cause ?? (failure.why === 'disconnected' ? lost : 'Nobody knows why.')
    const kind = kindOf(cause)
    if (!groups.has(kind)) groups.set(kind, { kind, cause, failures: [] })
    groups.get(kind).failures.push(failure)
  }
  const newest = (a, b) => b.at - a.at
  for (const each of groups.values()) each.failures.sort(newest)
  return [...groups.values()].sort((a, b) => b.failures.length - a.failures.length)
}

function makeCause() {
  const number = element('span', { className: 'count' })
  const words = element('p')
  const rows = element('ol')
  const more = element('p', { className: 'hint' })
  const summary = element('summary', { text: 'Who, and what was tried' })
  const tried = element('details', {}, summary, rows, more)
  const failures = keyedChildren(rows, ({ at, userId, node }) => `${at} ${node} ${userId}`, makeFailure)
  return {
    node: element('li', {}, element('div', { className: 'cause' }, number, words), tried),
    update(cause) {
      setText(number, String(cause.failures.length))
      number.title = plural(cause.failures.length, 'failure')
      setText(words, sentence(cause.cause))
      failures.set(cause.failures.slice(0, mostShown))
      const rest = cause.failures.length - mostShown
      more.hidden = rest <= 0
      setText(more, `${plural(rest, 'older one')} left out.`)
    }
  }
}

function makeFailure({ at, node, userId, why, local, remote, ignored, ageMs }) {
  const user = element('a', { text: userId, href: hrefOf('sockets', undefined, { query: userId }) })
  const words = `${why} after ${duration(ageMs)}, on ${nodeName(node)}`
  const head = element(
    'div',
    { className: 'facts-line' },
    element('time', { text: clock(at) }),
    user,
    element('span', { text: words })
  )
  return {
    node: element('li', {}, head, side('Server', local), side('Client', remote), ...passedOver(ignored)),
    update() {}
  }
}

function side(name, candidates) {
  const texts = [...new Set(candidates)].map(candidateText)
  return element(
    'div',
    { className: 'side' },
    element('b', { text: name }),
    element('code', { text: texts.join('\n') || 'named no address' })
  )
}

function passedOver(ignored) {
  if (ignored.length === 0) return []
  const texts = ignored.map(({ candidate, why }) => `${candidateText(candidate)}: ${why}`)
  return [side('Not tried', texts)]
}
