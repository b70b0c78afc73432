import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { respondOn } from './response-of-connection.js'

const notServed = 'HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

/**
 * Serves an upgrade as the ordinary request that it is to a server without upgrades (RFC 9110, section 7.8).
 * Node has let go of the connection, so that it comes anew, and begins with the request, which asks for
 * no upgrade any more; its body and what follows it are served as well.
 */
export function serveAsRequest(
  server: Server,
  request: IncomingMessage,
  connection: Duplex,
  head: Buffer
): void {
  const isBodyRead = connection !== request.socket || request.readableLength > 0
  if (isBodyRead) return serveInPlace(server, request, connection)
  connection.unshift(Buffer.concat([headOf(request), head]))
  server.emit('encrypted' in connection ? 'secureConnection' : 'connection', connection)
}

/**
 * Newer Node reads the body of such a request itself, and hands out what comes behind it; and `injectWS` has no
 * connection at all. The answer is the last one there.
 */
function serveInPlace(server: Server, request: IncomingMessage, connection: Duplex): void {
  const response = respondOn(connection, request)
  if (response === undefined) {
    connection.end(notServed)
    return
  }
  response.shouldKeepAlive = false
  response.once('finish', () => connection.end(() => connection.destroy()))
  server.emit('request', request, response)
}

function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = String(rawHeaders[i])
    const text = rawHeaders[i + 1] ?? ''
    const value = name.toLowerCase() === 'connection' ? withoutUpgrade(text) : text
    if (value !== undefined) lines.push(`${name}: ${value}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

/** Without the connection's say, the header `Upgrade` asks for nothing. */
function withoutUpgrade(connection: string): string | undefined {
  const options = connection.split(',').map((option) => option.trim())
  return options.filter((option) => option.toLowerCase() !== 'upgrade').join(', ') || undefined
}
