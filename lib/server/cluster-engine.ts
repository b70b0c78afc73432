import type { ClusterAdapter } from '../cluster/adapter.js'
import { workers } from '../cluster/workers/workers.js'
import type { ServerConfig } from './config.js'
import { ServerOptionInvalid } from './errors.js'

/**
 * What joins this process and others: the NATS that it was given, or else the hub of the workers. The client of an
 * engine is loaded here alone, as most servers do not have it.
 *
 * @throws PHX_ERR_SERVER_OPTION where it is not installed.
 */
export async function clusterEngine(config: ServerConfig): Promise<ClusterAdapter | undefined> {
  if (config.natsServers === undefined) return config.workers > 1 ? workers() : undefined
  try {
    const { nats } = await import('../cluster/nats/nats.js')
    return nats({ servers: config.natsServers })
  } catch (err) {
    if (Object(err).code !== 'ERR_MODULE_NOT_FOUND') throw err
    throw new ServerOptionInvalid(config.names.nats, 'needs a package: npm install @nats-io/transport-node')
  }
}
