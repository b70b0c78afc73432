import type { ClusterAdapter } from '../cluster/adapter.js'
import { workers } from '../cluster/workers/workers.js'
import type { ServerConfig } from './config.js'
import { ServerOptionInvalid } from './errors.js'

/**
 * What joins this process and others: the Redis or the NATS that it was given, or else the hub of the workers. The
 * client of an engine is loaded where it is needed, as most who install this package do without.
 *
 * @throws PHX_ERR_SERVER_OPTION where the client is not installed.
 */
export async function clusterEngine(config: ServerConfig): Promise<ClusterAdapter | undefined> {
  const { redisUrl, natsServers, names } = config
  if (redisUrl !== undefined) {
    const { redis } = await installed(names.redis, '@redis/client', () => import('../cluster/redis/redis.js'))
    return redis({ url: redisUrl })
  }
  if (natsServers !== undefined) {
    const load = () => import('../cluster/nats/nats.js')
    const { nats } = await installed(names.nats, '@nats-io/transport-node', load)
    return nats({ servers: natsServers })
  }
  return config.workers > 1 ? workers() : undefined
}

async function installed<T>(name: string, client: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (err) {
    if (Object(err).code !== 'ERR_MODULE_NOT_FOUND') throw err
    throw new ServerOptionInvalid(name, `needs a package: npm install ${client}`)
  }
}
