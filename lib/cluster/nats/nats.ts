// The room of NATS as the engine of a cluster: one connection a node, a subject a channel.
import type { ClusterAdapter } from '../adapter.js'
import { NatsAdapter, type NatsStats } from './nats-adapter.js'
import { type NatsOptions, readOptions } from './options.js'

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
export type { NatsStats } from './nats-adapter.js'
export type { NatsOptions } from './options.js'

/** The engine, with what it counts. */
export interface NatsEngine extends ClusterAdapter {
  readonly stats: NatsStats
}

/**
 * Joins the nodes that use the same NATS, for the option `cluster`. Needs the package `@nats-io/transport-node`. Its
 * `start` rejects with PHX_ERR_CLUSTER_UNREACHABLE where no server can be reached, or none lets it publish and
 * subscribe under the prefix.
 *
 * @throws PHX_ERR_OPTION_INVALID
 */
export function nats(options: NatsOptions = {}): NatsEngine {
  return new NatsAdapter(readOptions(options))
}
