import { createDetail } from './detail.js'
import { element } from './dom.js'
import { bytes, clock, count, duration, nodeName, rate } from './format.js'
import { createList } from './list.js'
import { change, href, hrefOf, route } from './route.js'
import { createSocketDetail } from './socket-detail.js'

/** From here on a queue is worth a look, and from here on it is bad. */
const busyBytes = 64_000
const badBytes = 1_000_000

export const queueState = (waiting) => (waiting >= badBytes ? 'bad' : waiting >= busyBytes ? 'busy' : undefined)

/** What a socket is called: what `id` named it, or that it has no name. */
export const socketName = ({ id }) => id ?? 'anonymous'

/** The columns of sockets, for lists of them; `now` is the time at the server. */
export function socketColumns(now) {
  return [
    {
      id: 'id',
      title: 'Socket',
      text: socketName,
      href: ({ ref }) => itemHref(ref),
      hint: ({ ref }) => ref
    },
    { id: 'address', title: 'Address', text: ({ address }) => address },
    {
      id: 'transport',
      title: 'Over',
      text: ({ transport, hasPeer }) => (transport === 'longpoll' ? 'long-poll' : 'WebSocket') + (hasPeer ? ' + peer' : '')
    },
    { id: 'node', title: 'Node', text: ({ node }) => nodeName(node), hint: ({ node }) => node },
    {
      id: 'since',
      title: 'Open',
      numeric: true,
      sort: true,
      text: ({ since }) => duration(now() - since),
      hint: ({ since }) => `since ${clock(since)}`
    },
    { id: 'channels', title: 'Channels', numeric: true, sort: true, text: ({ channels }) => count(channels) },
    {
      id: 'queuedBytes',
      title: 'Waiting',
      about: 'Bytes that its client has not read yet',
      numeric: true,
      sort: true,
      text: ({ queuedBytes }) => bytes(queuedBytes),
      state: ({ queuedBytes }) => queueState(queuedBytes)
    },
    { id: 'inPerSecond', title: 'In/s', numeric: true, sort: true, text: (row) => rate(row.inPerSecond) },
    { id: 'outPerSecond', title: 'Out/s', numeric: true, sort: true, text: (row) => rate(row.outPerSecond) }
  ]
}

/** A socket is shown in the view of sockets, in the list that one comes from there. */
function itemHref(ref) {
  const { view, params } = route()
  return view === 'sockets' ? href({ view, item: ref, params }) : hrefOf('sockets', ref)
}

/** The view of sockets: who is there, who is slow. */
export function createSockets(app) {
  const list = createList({
    app,
    topic: 'sockets',
    label: 'sockets',
    placeholder: 'User, address, topic or id',
    columns: socketColumns(app.samples.now),
    keyOf: ({ ref }) => ref,
    sort: 'queuedBytes',
    empty: 'No client is connected. Each socket is listed here, the one that reads slowest first.'
  })
  const body = createSocketDetail(app, {
    onName: (name) => detail.setTitle(name),
    disconnect: (ref) => list.push('disconnect', { ref })
  })
  const detail = createDetail({
    kind: 'Socket',
    ask: (ref) => list.push('show', { ref }),
    body,
    gone: 'This socket is closed. What is shown is how it was last.',
    onClose: () => change({ item: null })
  })
  return {
    node: element('div', { className: 'split' }, element('section', { className: 'panel' }, list.node), detail.node),
    show(wanted) {
      list.show(wanted)
      detail.show(wanted.item)
    },
    hide() {
      detail.show(undefined)
      list.hide()
    }
  }
}
