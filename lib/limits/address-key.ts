import { isIP } from 'node:net'

/** What all that is no address counts as. */
const noAddress = 'invalid'

/**
 * The key under which connects from an address count. Behind a proxy the address is text of the client:
 * what is none counts as one. An IPv6 client has a /64 to choose its addresses from, and counts by it;
 * an IPv4 address that is written as an IPv6 one counts as itself. Ports and zones count for nothing.
 */
export function addressKey(address: string | undefined): string {
  // Requests that are made up, as tests have them, come from nowhere.
  if (address === undefined) return noAddress
  const bare = withoutPort(address)
  const zone = bare.indexOf('%')
  const text = zone < 0 ? bare : bare.slice(0, zone)
  const family = isIP(text)
  if (family === 4) return text
  if (family !== 6) return noAddress
  const groups = groupsOf(text)
  return mappedIPv4(groups) ?? `${groups.slice(0, 4).map(hex).join(':')}::/64`
}

/** Some proxies write a port behind the address: `1.2.3.4:5678`, `[2001:db8::1]:5678`. */
function withoutPort(address: string): string {
  if (address.length > 64) return ''
  const match = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(address)
  return match === null ? address : (match[1] ?? match[2] ?? '')
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(text: string): number[] {
  const [head = '', tail] = text.split('::')
  const before = partsOf(head)
  if (tail === undefined) return before
  const after = partsOf(tail)
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
}

function partsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}

function mappedIPv4(groups: readonly number[]): string | undefined {
  const [high = 0, low = 0] = groups.slice(6)
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)
  return isMapped ? [high >> 8, high & 255, low >> 8, low & 255].join('.') : undefined
}

function hex(group: number): string {
  return group.toString(16)
}
