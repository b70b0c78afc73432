import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** Milliseconds that requests may take from the close on, and at least what of them when sockets have taken it. */
const lastRequestsMs = 1_000
const leastMs = 300

const ended = new WeakSet<FastifyInstance['server']>()

/**
 * From now on every answer is the last one on its connection. Proxies then keep none, and none is closed under a
 * request that is on its way. HTTP/2 has its own way to say so, which Fastify takes when it closes.
 */
export function endKeepAlive(server: FastifyInstance['server']): void {
  if (ended.has(server)) return
  ended.add(server)
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.httpVersionMajor < 2) response.setHeader('connection', 'close')
  })
}

/**
 * Takes no further connection and lets the requests that are there come to their end, for a while. Fastify does so by
 * itself, but where it closes connections by force, and where the primary of a worker has ended the server already.
 * A connection without a request looks the same as one with, so it is not long.
 *
 * @param spentMs milliseconds that the close has taken
 */
export async function finishRequests(
  { server, initialConfig }: FastifyInstance,
  spentMs: number
): Promise<void> {
  if (!('closeIdleConnections' in server)) return
  if (server.listening && initialConfig.forceCloseConnections !== true) return
  if (server.listening) server.close()
  if ((await connectionsOf(server)) === 0) return
  const signal = AbortSignal.timeout(Math.max(leastMs, Math.round(lastRequestsMs - spentMs)))
  await once(server, 'close', { signal }).catch(() => {})
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_err, count) => resolve(count)))
}
