import { channelCases } from './suite-channels.js'
import { claimCases } from './suite-claims.js'
import { closeCases } from './suite-close.js'
import { deliveryCases } from './suite-delivery.js'
import { faultCases } from './suite-faults.js'
import { historyCases } from './suite-history.js'
import type { ClusterAdapterCase } from './suite-world.js'

export type {
  ClaimName,
  ClaimStore,
  ClusterAdapter,
  ClusterSink,
  EngineHistory,
  EngineMessage,
  EngineQuery,
  EngineSlice,
  FoundClaim,
  KeepOptions
} from './adapter.js'
export type { ClusterAdapterCase, SuiteControl, SuiteWorld } from './suite-world.js'

/**
 * What every adapter of an engine has to do right; with any test framework, or with none:
 *
 *     for (const { name, needs, run } of clusterAdapterCases) {
 *       const skip = needs.some((control) => world[control] === undefined)
 *       test(name, { skip }, () => run(world))
 *     }
 *
 * Each case closes the adapters that it made, and leaves an engine that is up. What the cases hold adapters to beside
 * the interface: who subscribes anew, to channels that it is subscribed to, is subscribed at the engine afterwards,
 * whatever that has forgotten; and a subscription settles also where the engine goes away, or the adapter is closed.
 */
export const clusterAdapterCases: readonly ClusterAdapterCase[] = [
  ...deliveryCases,
  ...channelCases,
  ...faultCases,
  ...closeCases,
  ...claimCases,
  ...historyCases
]
