import type { CheckOrigin } from '../transport/origin.js'
import { isLoopbackHost } from '../util/loopback.js'

/**
 * Which pages may connect when nobody said so: those of the request's own host, and, while the
 * server listens for this machine alone, those of any loopback host, whatever their port. So a
 * page that another local server builds can use this one, and no page from elsewhere can.
 *
 * @param host Where the server listens.
 */
export function defaultOrigins(host: string): CheckOrigin {
  if (!isLoopbackHost(host)) return true
  return (origin, target) => isLoopbackHost(origin.host) || origin.host === target.host
}
