import { constants, Http2ServerRequest } from 'node:http2'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../lib/time/clock.js'

/**
 * Throws the body of a request away as it comes, so that nothing of it is kept, and ends a connection that still
 * sends it after so many milliseconds. The answer does not wait for it.
 */
export function dropBody({ raw }: FastifyRequest, clock: Clock, timeoutMs: number): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = raw.headers
  const isHttp2 = raw instanceof Http2ServerRequest
  if (isHttp2 ? raw.stream.endAfterHeaders : Number(length) === 0 && encoding === undefined) return
  const timer = clock.setTimeout(() => {
    if (isHttp2) raw.stream.close(constants.NGHTTP2_CANCEL)
    else raw.destroy()
  }, timeoutMs)
  timer.unref()
  for (const event of ['end', 'close']) raw.once(event, () => clock.clearTimeout(timer))
  raw.on('error', () => {})
  raw.resume()
}
