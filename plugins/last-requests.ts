import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** Milliseconds that requests may take when nothing else is left, before Fastify closes connections by force. */
const lastRequestsMs = 1_000

/**
 * From now on every answer is the last one on its connection. Proxies then keep none, and none is closed under a
 * request that is on its way. HTTP/2 has its own way to say so, which Fastify takes when it closes.
 */
export function endKeepAlive(server: FastifyInstance['server']): void {
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.httpVersionMajor < 2) response.setHeader('connection', 'close')
  })
}

/**
 * Takes no further connection and lets the requests that are there come to their end, for a while:
 * `forceCloseConnections` would cut them off. A connection without a request looks the same, so it is short.
 */
export async function finishRequests(server: FastifyInstance['server']): Promise<void> {
  if (!('closeIdleConnections' in server)) return
  // The primary of a worker may have ended it already.
  if (server.listening) server.close()
  if ((await connectionsOf(server)) === 0) return
  await once(server, 'close', { signal: AbortSignal.timeout(lastRequestsMs) }).catch(() => {})
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_err, count) => resolve(count)))
}
