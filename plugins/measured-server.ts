import type { MeasuredServer, MeasuredSocket } from '../lib/metrics/measured-server.js'
import type { PhoenixServer } from './service.js'

/** One that says whether it takes clients; one that does not say so does. */
interface Judged {
  health?(): { readonly ready: boolean }
}

/** A server, as metrics look at it. */
export function measured(server: PhoenixServer & Judged, version: string): MeasuredServer {
  const { endpoint, mounts, backlogs } = server
  return {
    endpoint,
    version,
    clientsBehind: () => backlogs.size,
    isReady: () => server.health?.().ready !== false,
    patterns: () => new Set(mounts.flatMap((mount) => mount.channels.patterns)),
    *sockets(): Iterable<MeasuredSocket> {
      for (const mount of mounts) yield* mount.sockets
    }
  }
}
