import type { ServerConfig } from './config.js'

/** The environment variable in which a worker finds what its primary has decided. */
const variable = 'FASTIFY_PHOENIX_WORKER_CONFIG'

type Decided = Pick<ServerConfig, 'tokenSecret'> &
  Partial<Pick<ServerConfig, 'webrtcUdpPort' | 'dashboardToken'>>

/** What the worker of a number has in its environment: secrets that all share, and a UDP port of its own. */
export function workerEnvironment(
  { tokenSecret, webrtcUdpPort, dashboardToken }: ServerConfig,
  number: number
): Record<string, string> {
  const decided: Decided = {
    tokenSecret,
    ...(dashboardToken !== undefined && { dashboardToken }),
    ...(webrtcUdpPort !== undefined && { webrtcUdpPort: webrtcUdpPort + number })
  }
  return { [variable]: JSON.stringify(decided) }
}

/** What a worker runs with: what it was given as its primary was, and what that has decided. */
export function workerConfig(config: ServerConfig, env: NodeJS.ProcessEnv): ServerConfig {
  const decided = env[variable]
  // No business of processes that a hook may start.
  delete env[variable]
  return decided === undefined ? config : { ...config, ...(JSON.parse(decided) as Decided) }
}
