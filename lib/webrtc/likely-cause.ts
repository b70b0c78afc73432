import { BlockList, isIP } from 'node:net'
import { isLoopbackHost } from '../util/loopback.js'
import type { IgnoredCandidate } from './candidates.js'

/** Where a candidate is, as far as a reader of the log wants to know. */
export interface Place {
  readonly type: string
  readonly address: string
  readonly port: string
}

/** Reads the text of a candidate of this side or of one that was taken. */
export function placeOf(candidate: string): Place {
  const [, , , , address = '', port = '', , type = ''] = candidate.split(' ')
  return { type, address, port }
}

const inside = new BlockList()
inside.addSubnet('10.0.0.0', 8)
inside.addSubnet('172.16.0.0', 12)
inside.addSubnet('192.168.0.0', 16)
inside.addSubnet('169.254.0.0', 16)
inside.addSubnet('100.64.0.0', 10)
inside.addSubnet('fc00::', 7, 'ipv6')
inside.addSubnet('fe80::', 10, 'ipv6')

/** Whether other networks cannot reach it. */
function isInside({ address }: Place): boolean {
  const family = isIP(address)
  return isLoopbackHost(address) || (family !== 0 && inside.check(address, family === 4 ? 'ipv4' : 'ipv6'))
}

const blocked =
  'no UDP of the client comes through: open the ports of webrtc.udpPort or webrtc.portRange in all firewalls'

/** What most likely keeps a peer from opening, and what to do, of the candidates that both sides told. */
export function likelyCause(
  local: readonly string[],
  remote: readonly string[],
  ignored: readonly IgnoredCandidate[]
): string {
  const here = local.map(placeOf)
  const there = remote.map(placeOf)
  if (here.length === 0) {
    return 'this server has told the client no address: see webrtc.bindAddress, and webrtc.publicIp for its family'
  }
  const isForeign = there.some(({ address }) => !isLoopbackHost(address)) || ignored.length > 0
  if (isForeign && here.every(({ address }) => isLoopbackHost(address))) {
    return 'this server listens on loopback alone: see webrtc.bindAddress'
  }
  if (here.some(({ type }) => type === 'relay')) {
    return `${blocked}; the TURN server of webrtc.iceServers does not help: is it reached from both sides?`
  }
  const isAbroad = there.some((place) => !isInside(place))
  if (isAbroad && here.every(isInside)) {
    return 'this server tells private addresses alone, and the client is elsewhere: set webrtc.publicIp'
  }
  const relayed = there.some(({ type }) => type === 'relay')
  const turn = relayed ? 'its TURN server does not reach this server' : 'give webrtc.iceServers a TURN server'
  return `${blocked}; clients in networks without UDP need TURN: ${turn}`
}
