import { diagnostics } from './diagnostics.js'
import type { DiagnosticSocket } from './events.js'

/** More came than the limit of that name allows; there is no socket yet where it is a connect. */
export function tellRateLimited(node: string, limit: string, socket?: DiagnosticSocket): void {
  const { rateLimited } = diagnostics
  if (rateLimited.hasSubscribers) rateLimited.publish({ node, limit, socket })
}
