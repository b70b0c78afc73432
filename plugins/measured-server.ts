import type { MeasuredServer, MeasuredSocket } from '../lib/metrics/measured-server.js'
import type { PhoenixServer } from './service.js'

/** A server, as metrics look at it. */
export function measured(server: PhoenixServer, version: string): MeasuredServer {
  const { endpoint, mounts, backlogs } = server
  return {
    endpoint,
    version,
    clientsBehind: () => backlogs.size,
    isReady: () => server.health().ready,
    patterns: () => new Set(mounts.flatMap((mount) => mount.channels.patterns)),
    *sockets(): Iterable<MeasuredSocket> {
      for (const mount of mounts) yield* mount.sockets
    }
  }
}
