import type { ClusterAdapter } from '../cluster/adapter.js'
import { workers } from '../cluster/workers/workers.js'
import type { ServerConfig } from './config.js'
import { ServerOptionInvalid } from './errors.js'

/**
 * What joins this server to others; undefined where it is alone. The client of an engine is loaded here alone, as
 * most servers do not have it.
 *
 * @throws PHX_ERR_SERVER_OPTION where the client is not installed.
 */
export async function engineOf({
  natsServers,
  workers: count,
  names
}: ServerConfig): Promise<ClusterAdapter | undefined> {
  if (natsServers !== undefined) {
    const { nats } = await import('../cluster/nats/nats.js').catch((err: unknown) => {
      if (Object(err).code !== 'ERR_MODULE_NOT_FOUND') throw err
      throw new ServerOptionInvalid(names.nats, 'needs the package @nats-io/transport-node: install it')
    })
    return nats({ servers: natsServers })
  }
  return count > 1 ? workers() : undefined
}
