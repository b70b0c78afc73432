import { presencesOf } from '../presence/node-presences.js'
import type { MeasuredServer } from './measured-server.js'
import type { Store } from './store.js'

/** Sockets, what goes over them and what waits for them: looked at when somebody asks. */
export function readTransports(server: MeasuredServer, store: Store): void {
  const { endpoint } = server
  const { stats, queued, turns, pubsub } = endpoint
  const open = { websocket: 0, longpoll: 0 }
  let messages = 0
  let bytes = 0
  for (const { transport, waiting } of server.sockets()) {
    open[transport]++
    if (waiting === undefined) continue
    messages += waiting.messages
    bytes += waiting.bytes
  }
  store.set('sockets', open.websocket, 'websocket')
  store.set('sockets', open.longpoll, 'longpoll')
  store.set('mailboxMessages', messages)
  store.set('mailboxBytes', bytes)
  store.set('queuedBytes', queued.bytes)
  store.set('clientsBehind', server.clientsBehind())
  store.set('deferred', turns.length)
  store.set('topics', pubsub.topicCount)
  store.set('silentClosed', stats.silentClosed)
  store.set('mailboxesFull', stats.mailboxesFull)
  store.set('fallbacks', stats.peers.fallbacks)
  for (const [kind, count] of Object.entries(stats.refused)) store.set('refusals', count, kind)
  store.set('drops', stats.staleDropped, 'stale_frame')
  for (const [reason, count] of Object.entries(stats.peers.dropped)) store.set('drops', count, reason)
  for (const transport of ['websocket', 'longpoll'] as const) {
    const { messagesIn, bytesIn, messagesOut, bytesOut } = stats[transport]
    store.set('messagesIn', messagesIn, transport)
    store.set('bytesIn', bytesIn, transport)
    store.set('messagesOut', messagesOut, transport)
    store.set('bytesOut', bytesOut, transport)
  }
  store.set('messagesIn', stats.peers.messagesIn, 'datachannel')
  store.set('messagesOut', stats.peers.messagesOut, 'datachannel')
  store.set('bytesIn', stats.peers.bytesIn, 'datachannel')
  store.set('bytesOut', stats.peers.bytesOut, 'datachannel')
  const { own, others } = presencesOf(endpoint).counts
  store.set('presences', own, 'here')
  store.set('presences', others, 'elsewhere')
}
