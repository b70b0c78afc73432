import type { ClusterAdapter } from '../cluster/adapter.js'
import { workers } from '../cluster/workers/workers.js'
import type { ServerConfig } from './config.js'
import { ServerOptionInvalid } from './errors.js'

/** What joins this process and others: the Redis that it was given, or else the hub of the workers. */
export async function clusterEngine(config: ServerConfig): Promise<ClusterAdapter | undefined> {
  if (config.redisUrl === undefined) return config.workers > 1 ? workers() : undefined
  try {
    const { redis } = await import('../cluster/redis/redis.js')
    return redis({ url: config.redisUrl })
  } catch (err) {
    if (Object(err).code !== 'ERR_MODULE_NOT_FOUND') throw err
    throw new ServerOptionInvalid(config.names.redis, 'needs a package: npm install @redis/client')
  }
}
