import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

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
  connection.unshift(Buffer.concat([headOf(request), head]))
  server.emit('encrypted' in connection ? 'secureConnection' : 'connection', connection)
}

function headOf({ method, url, httpVersion, headers, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  // Requests that `injectWS` has made up come without the raw ones.
  const fields = rawHeaders ?? Object.entries(headers).flat()
  for (let i = 0; i < fields.length; i += 2) {
    const name = String(fields[i])
    const value = name.toLowerCase() === 'connection' ? withoutUpgrade(String(fields[i + 1])) : fields[i + 1]
    if (value !== undefined) lines.push(`${name}: ${value}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

/** Without the connection's say, the header `Upgrade` asks for nothing. */
function withoutUpgrade(connection: string): string | undefined {
  const options = connection.split(',').map((option) => option.trim())
  return options.filter((option) => option.toLowerCase() !== 'upgrade').join(', ') || undefined
}
