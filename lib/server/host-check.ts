import { isIP } from 'node:net'
import { isLoopbackHost } from '../util/loopback.js'

/** What a request says of where it goes to. Nothing of it is trusted. */
export interface NamedRequest {
  /** Names and values in turns, as they came (`IncomingMessage.rawHeaders`). */
  readonly rawHeaders: readonly string[]
  /** The target as it came: a path, or a whole URL where the client takes us for a proxy. */
  readonly url: string
  /** The host that a trusted proxy was asked for, or else the one of the request. */
  readonly host: string
  /** The address of this machine that the connection was made to. */
  readonly localAddress: string | undefined
}

/** A host and a port, if any; user names, zones and lists are no host. */
const hostPattern = /^(\[[\da-f:.]+\]|[a-z0-9_.-]+)(?::\d*)?$/i
const absoluteTarget = /^[a-z][a-z0-9+.-]*:\/\/([^/?#\\]*)/i

/**
 * Whether a request goes to this machine under a name of its own. A page whose name its owner lets point
 * here (DNS rebinding) is of one origin with us to its browser, and could read what we answer: it is told by
 * the name, which the browser puts into the Host header. An address cannot be made to point elsewhere, so
 * that the one that the connection came to will do, as will the name that the server was told to listen on.
 *
 * @param listenHost where the server listens
 */
export function isNamedAsUs(request: NamedRequest, listenHost: string): boolean {
  const named = hostHeaders(request.rawHeaders)
  // Exactly one: who reads the other one must not see another request.
  if (named.length !== 1) return false
  if (!request.url.startsWith('/') && request.url !== '*') {
    const target = absoluteTarget.exec(request.url)?.[1]
    if (target === undefined) return false
    named.push(target)
  }
  named.push(request.host)
  return named.every((host) => isOwn(host, request.localAddress, listenHost))
}

function hostHeaders(rawHeaders: readonly string[]): string[] {
  // In HTTP/2 it is a part of the request line.
  return rawHeaders.filter(
    (_value, i) => i % 2 === 1 && /^(?:host|:authority)$/i.test(`${rawHeaders[i - 1]}`)
  )
}

function isOwn(header: string, localAddress: string | undefined, listenHost: string): boolean {
  const host = hostPattern.exec(header)?.[1]?.toLowerCase()
  if (host === undefined) return false
  if (isLoopbackHost(host)) return true
  const address = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address) !== 0) return address === localAddress?.replace(/^::ffff:(?=\d+\.)/, '')
  return host.replace(/\.$/, '') === listenHost.toLowerCase().replace(/\.$/, '')
}
