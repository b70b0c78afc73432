import { isIP, isIPv6, SocketAddress } from 'node:net'

/**
 * Whether peers that bind `bound` can be reached under `publicIp`: it stands in for their own host
 * candidates, so it needs one of its family. Bound to `::`, or to no address in particular, they have both.
 * Both are IP addresses.
 */
export function canAdvertise(bound: string | undefined, publicIp: string): boolean {
  return bound === undefined || isEveryAddress(bound) || isIP(bound) === isIP(publicIp)
}

/** `::` in any of its spellings. */
function isEveryAddress(address: string): boolean {
  return isIPv6(address) && new SocketAddress({ address, family: 'ipv6' }).address === '::'
}
