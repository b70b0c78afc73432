import type { AddressInfo } from 'node:net'
import { isLoopbackHost } from '../util/loopback.js'

/**
 * Where others than this machine can reach a server that listens there, for a message; undefined where they cannot.
 * What is behind a path of its own (a Unix socket) is there for a proxy.
 */
export function exposedAt(address: AddressInfo | string | null): string | undefined {
  if (address === null) return undefined
  if (typeof address === 'string') return address
  return isLoopbackHost(address.address) ? undefined : address.address
}

/** Headers with which a proxy says for whom it asks: then it is somebody elsewhere. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via']

/** Whether a request came from this machine itself, and not through a proxy on it. */
export function isFromHere(
  localAddress: string | undefined,
  headers: Readonly<Record<string, unknown>>
): boolean {
  if (localAddress !== undefined && !isLoopbackHost(localAddress)) return false
  return !proxyHeaders.some((name) => headers[name] !== undefined)
}
