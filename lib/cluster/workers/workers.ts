// The room of the cluster of one machine: processes that share a port, and the hub in their primary that joins them.
import type { ClusterAdapter } from '../adapter.js'
import { hubVariable } from './hub.js'
import { WorkerAdapter, type WorkersOptions } from './worker-adapter.js'

export type { Logger, LogMethod } from '../../util/logger.js'
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
} from '../adapter.js'
export type { BackOffOptions } from '../back-off.js'
export { type HubOptions, startHub, type WorkersHub } from './hub.js'
export { type SuperviseOptions, supervise, type WorkersSupervisor } from './supervisor.js'
export type { WorkersOptions } from './worker-adapter.js'
export { partOfRange, workerNumber } from './worker-number.js'

/**
 * Joins the workers of one machine, for the option `cluster`: needs nothing but a primary that runs `supervise()` or
 * `startHub()`. Its `start` rejects with PHX_ERR_CLUSTER_HUB_MISSING in any other process.
 */
export function workers(options: WorkersOptions = {}): ClusterAdapter {
  const address = options.address ?? process.env[hubVariable]
  return new WorkerAdapter({ ...options, ...(address !== undefined && { address }) })
}
