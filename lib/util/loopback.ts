import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

const loopbackName = /^(?:[a-z0-9_-]+\.)*localhost\.?$/i

/** Whether a host name or an address, bracketed as in URLs or not, means this machine. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[([\da-f:.]*)\]$/i, '$1')
  const version = isIP(name)
  if (version === 0) return loopbackName.test(name)
  return loopback.check(name, version === 4 ? 'ipv4' : 'ipv6')
}
