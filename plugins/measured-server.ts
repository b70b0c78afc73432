import type { MeasuredServer, MeasuredSocket } from '../lib/metrics/server-metrics.js'
import type { PhoenixServer } from './service.js'

/** A server, as metrics look at it. */
export function measured(server: PhoenixServer, version: string): MeasuredServer {
  const { endpoint, mounts, backlogs } = server
  return {
    endpoint,
    version,
    clientsBehind: () => backlogs.size,
    isReady: () => true,
    patterns: () => new Set(mounts.flatMap((mount) => mount.patterns)),
    *sockets(): Iterable<MeasuredSocket> {
      for (const mount of mounts) yield* mount.sockets
    }
  }
}
