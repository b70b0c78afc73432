import { presencesOf } from '../presence/node-presences.js'
import type { MeasuredServer } from './server-metrics.js'
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
  store.set('deferred', turns.waiting)
  store.set('topics', pubsub.topics)
  store.set('silentClosed', stats.silentClosed)
  store.set('fallbacks', stats.peers.fallbacks)
  store.set('drops', stats.staleDropped, 'stale_frame')
  for (const [reason, count] of Object.entries(stats.peers.dropped)) store.set('drops', count, reason)
  for (const { name, tracker } of presencesOf(endpoint).all()) {
    store.set('presences', tracker.counts.own, name, 'here')
    store.set('presences', tracker.counts.others, name, 'elsewhere')
  }
}
