import { createAction, createFacts } from './detail.js'
import { element } from './dom.js'
import { bytes, clock, count, duration, nodeName, none, rate, transportName } from './format.js'
import { peerWords } from './peer-words.js'
import { hrefOf } from './route.js'
import { queueState } from './socket-rows.js'
import { createTable } from './table.js'

/** One socket: its facts, its channels, its peers. */
export function createSocketDetail(app, { onName, disconnect }) {
  let shown
  const facts = createFacts()
  const channels = createTable({
    label: 'Channels of this socket',
    keyOf: ({ topic }) => topic,
    onSort() {},
    columns: [
      {
        id: 'topic',
        title: 'Channel',
        text: ({ topic }) => topic,
        href: ({ topic }) => hrefOf('topics', topic)
      },
      { id: 'pattern', title: 'Pattern', text: ({ pattern }) => pattern },
      {
        id: 'waiting',
        title: 'Waiting',
        about: 'Messages that wait for a handler',
        numeric: true,
        text: ({ waiting, busy }) => (busy ? `${count(waiting)}, busy` : count(waiting)),
        state: ({ waiting }) => (waiting > 10 ? 'bad' : waiting > 0 ? 'busy' : undefined)
      }
    ]
  })
  const noChannels = element('p', { className: 'empty', text: 'It has joined no channel.' })
  const peers = createFacts()
  const noPeers = element('p', { className: 'empty', text: 'It has no WebRTC peer.' })
  const peerLink = element('a', { text: 'All of its peers' })
  const act = createAction('Disconnect', () => disconnect(shown.ref))
  const node = element(
    'div',
    {},
    facts.node,
    element('h3', { text: 'Channels' }),
    channels.node,
    noChannels,
    element('h3', { text: 'Peer' }),
    peers.node,
    noPeers,
    element('p', {}, peerLink),
    element('div', { className: 'actions' }, act)
  )

  return {
    node,
    update(socket) {
      shown = socket
      onName(socket.id ?? 'Anonymous socket')
      facts.update(socketFacts(socket, app.samples.now()))
      channels.update(socket.joined)
      channels.node.hidden = socket.joined.length === 0
      noChannels.hidden = socket.joined.length > 0
      const [peer] = socket.peers
      noPeers.hidden = peer !== undefined
      peers.node.hidden = peerLink.hidden = peer === undefined
      if (peer !== undefined) {
        peers.update(peerWords(peer))
        peerLink.href = hrefOf('peers', undefined, { query: peer.userId })
      }
      act.hidden = !app.actions()
    }
  }
}

function socketFacts(socket, now) {
  const ends =
    socket.expiresAt === null ? 'never' : `in ${duration(socket.expiresAt - now)}, ${clock(socket.expiresAt)}`
  return [
    ['Address', socket.address || none],
    ['Node', nodeName(socket.node)],
    ['Mount', `${socket.path}, ${transportName(socket.transport)}`],
    ['Open for', `${duration(now - socket.since)}, since ${clock(socket.since)}`],
    [
      'Its token ends',
      ends,
      socket.expiresAt !== null && socket.expiresAt - now < 60_000 ? 'busy' : undefined
    ],
    ['Waits for the client', bytes(socket.queuedBytes), queueState(socket.queuedBytes)],
    ['Waits for handlers', bytes(socket.backlogBytes), queueState(socket.backlogBytes)],
    ['Messages in', `${count(socket.messagesIn)}, ${rate(socket.inPerSecond)} a second`],
    ['Messages out', `${count(socket.messagesOut)}, ${rate(socket.outPerSecond)} a second`]
  ]
}
