import { createAction, createFacts } from './detail.js'
import { element } from './dom.js'
import { count, duration, ms, nodeName } from './format.js'
import { createList } from './list.js'
import { createFailures } from './peer-failures.js'
import { droppedOf, pairText, peerState, peerWords } from './peer-words.js'
import { href, hrefOf, route } from './route.js'
import { createSplit } from './split.js'

/** The view of peers: why some failed, and how those that are there do. */
export function createPeers(app) {
  const failures = createFailures()
  /** What the list showed of a peer: there is no more to ask for. */
  const shown = new Map()
  const remember = (rows) => {
    for (const row of rows) shown.set(row.ref, row)
  }
  const list = createList({
    app,
    topic: 'peers',
    label: 'peers',
    placeholder: 'User or address',
    columns: columns(app.samples.now),
    keyOf: ({ ref }) => ref,
    sort: 'since',
    empty: 'No client has a WebRTC peer. Each is listed here with the way that it takes.',
    onRows: remember,
    on: { failures: (recent) => failures.update(recent.failures) }
  })
  const body = createPeerDetail(app, {
    onName: (name) => split.setTitle(name),
    close: (ref) => list.push('close', { ref })
  })
  const split = createSplit(list, {
    kind: 'Peer',
    ask: async (ref) => {
      const row = shown.get(ref)
      if (row === undefined) throw Object.assign(new Error('unknown'), { reason: 'not_found' })
      return row
    },
    body,
    gone: 'This peer is not in the list here any more.'
  })
  return {
    node: element('div', {}, failures.node, split.node),
    show: (wanted) => split.show(wanted),
    hide() {
      split.hide()
      shown.clear()
    }
  }
}

function columns(now) {
  return [
    {
      id: 'userId',
      title: 'Peer of',
      sort: true,
      text: ({ userId }) => userId,
      href: ({ ref }) => href({ view: 'peers', item: ref, params: route().params }),
      hint: ({ ref }) => ref
    },
    { id: 'state', title: 'State', sort: true, text: ({ state }) => state, state: peerState },
    { id: 'pair', title: 'Between server and client', wide: true, text: pairText },
    { id: 'node', title: 'Node', text: ({ node }) => nodeName(node), hint: ({ node }) => node },
    {
      id: 'since',
      title: 'Since',
      numeric: true,
      sort: true,
      rising: true,
      text: ({ since }) => duration(now() - since)
    },
    {
      id: 'roundTripMs',
      title: 'Round trip',
      numeric: true,
      sort: true,
      text: ({ roundTripMs }) => ms(roundTripMs),
      state: ({ roundTripMs }) => (roundTripMs > 1000 ? 'bad' : roundTripMs > 300 ? 'busy' : undefined)
    },
    {
      id: 'dataChannels',
      title: 'DataChannels',
      numeric: true,
      text: (row) => count(row.dataChannels.length)
    },
    {
      id: 'dropped',
      title: 'Dropped',
      about: 'Messages that were not sent, or not taken',
      numeric: true,
      sort: true,
      text: (row) => count(droppedOf(row)),
      state: (row) => (droppedOf(row) > 0 ? 'busy' : undefined)
    }
  ]
}

function createPeerDetail(app, { onName, close }) {
  let peer
  const facts = createFacts()
  const sockets = element('a', { text: 'The sockets of this user' })
  const act = createAction('Close the peer', () => close(peer.ref))
  return {
    node: element(
      'div',
      {},
      facts.node,
      element('p', {}, sockets),
      element('div', { className: 'actions' }, act)
    ),
    update(shown) {
      peer = shown
      onName(peer.userId)
      facts.update(peerWords(peer, app.samples.now()))
      sockets.href = hrefOf('sockets', undefined, { query: peer.userId })
      act.hidden = !app.actions()
    }
  }
}
