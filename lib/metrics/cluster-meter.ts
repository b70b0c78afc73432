import { diagnostics } from '../diagnostics/diagnostics.js'
import type { Listening } from '../diagnostics/listening.js'
import type { MeasuredServer } from './measured-server.js'
import type { Store } from './store.js'

const kinds = ['broadcast', 'signal'] as const

/** Counts what nodes say to each other. */
export class ClusterMeter {
  constructor({ endpoint }: MeasuredServer, store: Store, listening: Listening) {
    const { node } = endpoint
    const cells = Object.fromEntries(
      kinds.map((kind) => [
        kind,
        {
          published: store.cell('published', kind),
          publishedBytes: store.cell('publishedBytes', kind),
          delivered: store.cell('delivered', kind),
          deliveredBytes: store.cell('deliveredBytes', kind)
        }
      ])
    )
    listening.on(diagnostics.enginePublish, (message) => {
      const kind = cells[message.kind]
      if (message.node !== node || !message.taken || kind === undefined) return
      kind.published.value++
      kind.publishedBytes.value += message.bytes
    })
    listening.on(diagnostics.engineDeliver, (message) => {
      const kind = cells[message.kind]
      if (message.node !== node || kind === undefined) return
      kind.delivered.value++
      kind.deliveredBytes.value += message.bytes
    })
  }
}

/** What only has to be looked at when somebody asks. */
export function readCluster({ endpoint }: MeasuredServer, store: Store): void {
  const { cluster } = endpoint
  if (cluster === undefined) return
  const { state, interruptions, renewals, dropped, lateJoins, unknown, lagMs, outbox, subscriptions } =
    cluster.stats
  store.set('nodes', cluster.members.names().length + 1)
  store.set('engineUp', state === 'up' ? 1 : 0)
  store.set('interruptions', interruptions)
  store.set('renewals', renewals)
  store.set('clusterDropped', dropped)
  store.set('lateJoins', lateJoins)
  store.set('lag', lagMs / 1000)
  store.set('outboxMessages', outbox.messages)
  store.set('outboxBytes', outbox.bytes)
  store.set('subscriptions', subscriptions)
  for (const [why, count] of Object.entries(unknown)) store.set('unknown', count, why)
}
