// The room of the cluster through Redis or Valkey: their pub/sub carries what nodes say to each other.
import type { ClusterAdapter } from '../adapter.js'
import { type RedisOptions, readOptions } from './options.js'
import { RedisAdapter } from './redis-adapter.js'

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
export type { RedisOptions } from './options.js'

/**
 * Joins nodes through Redis 6 or Valkey, for the option `cluster`. Two connections each: one publishes, one subscribes.
 * Its `start` rejects with PHX_ERR_CLUSTER_UNREACHABLE where Redis cannot be reached, or refuses the user.
 *
 *     redis({ url: 'rediss://app:secret@redis.example.org' })
 *
 * @throws PHX_ERR_OPTION_INVALID for an option that is none, or does not fit.
 */
export function redis(options: RedisOptions = {}): ClusterAdapter {
  return new RedisAdapter(readOptions(options))
}
