import type { MeasuredServer } from './measured-server.js'
import type { Store } from './store.js'

/** Calls that run once: looked at when somebody asks. */
export function readOnce({ endpoint }: MeasuredServer, store: Store): void {
  const { ran, repeated, keys, results, resultBytes } = endpoint.once.stats
  store.set('onceCalls', ran, 'ran')
  for (const [outcome, count] of Object.entries(repeated)) store.set('onceCalls', count, outcome)
  store.set('onceKeys', keys)
  store.set('onceResults', results)
  store.set('onceResultBytes', resultBytes)
}
