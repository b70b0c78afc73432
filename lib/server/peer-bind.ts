import { BlockList, isIP } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { isLoopbackHost } from '../util/loopback.js'

/** As `networkInterfaces` of `node:os` gives them. */
export type Interfaces = Readonly<
  Record<string, readonly Pick<NetworkInterfaceInfo, 'address' | 'internal'>[] | undefined>
>

// Of one link alone: peers name no such address.
const linkLocal = new BlockList()
linkLocal.addSubnet('169.254.0.0', 16)
linkLocal.addSubnet('fe80::', 10, 'ipv6')

/**
 * What peers bind when nobody said so. A server for this machine alone binds every address, too, since
 * Firefox has no candidates on loopback and finds only those on the same network as its own. Where there is
 * no other address, peers bind loopback, which clients that are no browsers reach.
 *
 * @param host where the server listens
 * @returns undefined for every address but loopback
 */
export function defaultBind(host: string, interfaces: Interfaces): string | undefined {
  const addresses = Object.values(interfaces).flatMap((infos = []) => infos)
  if (addresses.some(({ address, internal }) => !internal && !isLinkLocal(address))) return undefined
  return isIP(host) !== 0 && isLoopbackHost(host) ? host : '127.0.0.1'
}

function isLinkLocal(address: string): boolean {
  return linkLocal.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}
