import { diagnostics } from '../diagnostics/diagnostics.js'
import type { Listening } from '../diagnostics/listening.js'
import { onTimed } from '../diagnostics/timed.js'
import type { MeasuredServer } from './measured-server.js'
import type { Store } from './store.js'

const transports = ['websocket', 'longpoll'] as const

/** Why sockets end, as `terminate` is told; a reason of the application is the part ahead of its colon. */
const reasons = ['closed', 'disconnected', 'draining', 'error', 'left', 'normal', 'shutdown']

const limits = [
  'connects',
  'joins',
  'topicJoins',
  'events',
  'eventBytes',
  'offers',
  'iceCandidates',
  'dataChannelMessages'
]

/** One of those that are known: whatever else there may be is counted together. */
const among = (known: readonly string[], value: string): string => (known.includes(value) ? value : 'other')

/** Counts who comes and goes, and who is turned away. */
export class SocketMeter {
  constructor({ endpoint: { node } }: MeasuredServer, store: Store, listening: Listening) {
    for (const transport of transports) {
      for (const result of ['ok', 'refused', 'failed']) store.cell('connects', transport, result)
      store.cell('slowClients', transport)
      store.buckets('connectDuration', transport)
    }
    for (const limit of limits) store.cell('rateLimited', limit)
    const joins = store.cell('presenceChanges', 'join')
    const leaves = store.cell('presenceChanges', 'leave')

    onTimed(listening, diagnostics.connect, (connect, seconds) => {
      if (connect.node !== node) return
      const { transport, result = 'failed' } = connect
      store.buckets('connectDuration', transport).observe(seconds)
      store.cell('connects', transport, result).value++
    })
    listening.on(diagnostics.closed, ({ socket, reason }) => {
      if (socket.node !== node) return
      const [short = ''] = reason.split(':', 1)
      store.cell('closed', socket.transport, among(reasons, short)).value++
    })
    listening.on(diagnostics.rateLimited, (limited) => {
      if (limited.node === node) store.cell('rateLimited', among(limits, limited.limit)).value++
    })
    listening.on(diagnostics.slowClient, ({ socket }) => {
      if (socket.node === node) store.cell('slowClients', socket.transport).value++
    })
    listening.on(diagnostics.presenceDiff, (diff) => {
      if (diff.node !== node) return
      joins.value += diff.joins
      leaves.value += diff.leaves
    })
  }
}
