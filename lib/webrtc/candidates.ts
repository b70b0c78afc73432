import { BlockList, isIP } from 'node:net'

/** One UDP candidate (RFC 8839, section 5.1), its address an IP address. */
export interface IceCandidate {
  foundation: string
  component: number
  priority: number
  address: string
  port: number
  type: string
}

/**
 * What a candidate of a client turned out to be. `ignored` ones are well-formed and left out on
 * purpose: there is nothing the server could do with them, or nothing it should.
 */
export type CandidateReading =
  | { kind: 'valid'; candidate: IceCandidate; usernameFragment: string | undefined }
  | { kind: 'empty' }
  | { kind: 'ignored'; why: string }
  | { kind: 'invalid' }

/** A candidate of a client that is left out. */
export interface IgnoredCandidate {
  readonly candidate: string
  readonly why: string
}

const empty: CandidateReading = { kind: 'empty' }
const invalid: CandidateReading = { kind: 'invalid' }

const maxCandidateLength = 1024
const maxMidLength = 64
const maxUsernameFragmentLength = 256
const maxPriority = 2 ** 32 - 1

// Wider than RFC 8839, as browsers are: any foundation, any white space between the fields, either case,
// and whatever stands behind the type on the same line.
const grammar =
  /^(?:a=)?candidate:(\S+)[ \t]+(\d{1,3})[ \t]+([a-z0-9-]{1,16})[ \t]+(\d{1,10})[ \t]+(\S{1,253})[ \t]+(\d{1,5})[ \t]+typ[ \t]+([a-z]{1,16})(?:[ \t][^\r\n]*)?$/i

/** What RFC 8839 has for a foundation, and native code gets. */
const plainFoundation = /^[A-Za-z0-9+/]{1,32}$/

// A relaxed host name: mDNS names, underscores and zoned IPv6 addresses (`fe80::1%eth0`) among them.
const hostName = /^[A-Za-z0-9._:%-]+$/
const types = new Set(['host', 'srflx', 'prflx', 'relay'])

// Addresses that no peer can have; a check sent to them would reach nobody, or everybody.
const unreachable = new BlockList()
unreachable.addSubnet('0.0.0.0', 8, 'ipv4')
unreachable.addSubnet('224.0.0.0', 4, 'ipv4')
unreachable.addAddress('255.255.255.255', 'ipv4')
unreachable.addAddress('::', 'ipv6')
unreachable.addSubnet('ff00::', 8, 'ipv6')

/**
 * Reads an RTCIceCandidateInit as a client sent it; no field of it is trusted. A missing `candidate`
 * is invalid, an empty one the end of candidates, and so is null, which is what `onicecandidate` gives
 * then. `sdpMid` and `sdpMLineIndex` are checked and otherwise unused: a peer has one transport.
 */
export function readCandidate(payload: unknown): CandidateReading {
  if (typeof payload !== 'object' || payload === null) return invalid
  const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = payload as Record<string, unknown>
  if (typeof candidate !== 'string' && candidate !== null) return invalid
  if (!isOptionalText(sdpMid, maxMidLength)) return invalid
  if (!isOptionalText(usernameFragment, maxUsernameFragmentLength)) return invalid
  if (!isOptionalIndex(sdpMLineIndex)) return invalid
  const reading = parseCandidate(candidate ?? '')
  return reading.kind === 'valid' ? { ...reading, usernameFragment: usernameFragment || undefined } : reading
}

/** Parses the text of one candidate, with or without `a=` before it and a line end behind it. */
export function parseCandidate(text: string): CandidateReading {
  if (text.length > maxCandidateLength) return invalid
  const line = text.trim()
  if (line === '') return empty
  const match = grammar.exec(line)
  if (match === null) return invalid
  const [foundation, component, transport, priority, address, port, rawType] = match.slice(
    1
  ) as CandidateFields
  const type = rawType.toLowerCase()
  if (!types.has(type) || Number(priority) > maxPriority || Number(port) > 65_535) return invalid
  if (Number(component) < 1 || Number(component) > 256) return invalid

  const family = isIP(address)
  if (family === 0 && !hostName.test(address)) return invalid
  // Host names: each would cost a resolver thread, and the check of the client itself tells its address.
  if (family === 0) return ignored(address.endsWith('.local') ? 'an mDNS name' : 'a host name')
  if (address.includes('%')) return ignored('an address with a zone')
  // ICE over TCP is off, and component 2 is RTCP, which a DataChannel has none of.
  if (transport.toLowerCase() !== 'udp') return ignored('not over UDP')
  if (Number(component) !== 1) return ignored('of another component')
  if (unreachable.check(address, family === 4 ? 'ipv4' : 'ipv6')) return ignored('an address of nobody')
  if (Number(port) === 0) return invalid

  return {
    kind: 'valid',
    candidate: {
      // Candidates of one foundation wait for each other in some libraries; this one only repeats it.
      foundation: plainFoundation.test(foundation) ? foundation : '0',
      component: 1,
      priority: Number(priority),
      address,
      port: Number(port),
      type
    },
    usernameFragment: undefined
  }
}

const ignored = (why: string): CandidateReading => ({ kind: 'ignored', why })

type CandidateFields = [string, string, string, string, string, string, string]

/**
 * The candidate as text. It is put together anew, so that what reaches native code has this form
 * whatever the client wrote behind it.
 */
export function formatCandidate(candidate: IceCandidate): string {
  const { foundation, component, priority, address, port, type } = candidate
  return `candidate:${foundation} ${component} UDP ${priority} ${address} ${port} typ ${type}`
}

/**
 * A local candidate as it is advertised by a server that is reached at other addresses than those it
 * binds (a container, 1:1 NAT): host candidates get the public address of their family; where it has
 * none they are left out (undefined). Other candidates stay as they are.
 */
export function advertiseCandidate(candidate: string, publicIps: readonly string[]): string | undefined {
  const fields = candidate.split(' ')
  const address = fields[4]
  if (address === undefined || fields[6] !== 'typ' || fields[7] !== 'host') return candidate
  const publicIp = publicIps.find((ip) => isIP(ip) === isIP(address))
  if (publicIp === undefined) return undefined
  fields[4] = publicIp
  return fields.join(' ')
}

function isOptionalText(value: unknown, maxLength: number): value is string | null | undefined {
  return value === undefined || value === null || (typeof value === 'string' && value.length <= maxLength)
}

function isOptionalIndex(value: unknown): boolean {
  if (value === undefined || value === null) return true
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535
}
