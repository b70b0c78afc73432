import { isIP } from 'node:net'
import { demand, demandKnown } from '../options.js'
import { canAdvertise } from './address-family.js'
import { type IceServerOption, IceServers } from './ice-servers.js'

/** How the server's peers reach the network. */
export interface WebRtcOptions {
  /**
   * STUN and TURN servers, for clients that ask with `webrtc:config` and for the server's own peers.
   * One with a `secret` (coturn's `use-auth-secret`) gets each client credentials of its own, which
   * end. Default: none.
   */
  iceServers?: readonly IceServerOption[] | undefined
  /**
   * `relay`: peers are reached through a TURN server and in no other way. It takes one that is reached
   * over UDP on this side, and one on the client's side, as only relayed candidates are told to the
   * client and taken from it. Default `all`.
   */
  iceTransportPolicy?: 'all' | 'relay' | undefined
  /** IP address that peers bind. Default: all but loopback. */
  bindAddress?: string | undefined
  /**
   * IP address that is advertised in place of the local ones: that of the host a container runs on,
   * or of a 1:1 NAT; a list of two for one of each family. A family without one is not advertised.
   * Ports have to be the same on both sides. Default: none.
   */
  publicIp?: string | readonly string[] | undefined
  /**
   * One UDP port for all peers; mounts with the same port and address share it. It is taken at the
   * start and kept until the server closes. The server's own peers then use no TURN server; those of
   * the clients may. Default: a port for each peer.
   */
  udpPort?: number | undefined
  /** First and last UDP port that peers bind, one each. Default: any. */
  portRange?: readonly [number, number] | undefined
  /**
   * Bytes of the largest message that clients are told they may send; the server sends none larger over a
   * DataChannel either. Default: 262144.
   */
  maxMessageSize?: number | undefined
}

/** The options with their defaults, checked. */
export interface WebRtcSettings {
  readonly iceServers: IceServers
  readonly relayOnly: boolean
  readonly bindAddress: string | undefined
  readonly publicIps: readonly string[]
  readonly udpPort: number | undefined
  readonly portRange: readonly [number, number] | undefined
  readonly maxMessageSize: number
}

const defaultMaxMessageSize = 256 * 1024
const names = new Set([
  'iceServers',
  'iceTransportPolicy',
  'bindAddress',
  'publicIp',
  'udpPort',
  'portRange',
  'maxMessageSize'
])

/**
 * Checks the options. Throws `PHX_ERR_OPTION_INVALID` for one that is wrong, and for two that cannot
 * both be had.
 */
export function readWebRtcOptions(options: WebRtcOptions): WebRtcSettings {
  demandKnown(options, names, 'webrtc.')
  const { iceTransportPolicy = 'all', bindAddress, publicIp, udpPort, portRange } = options
  const { maxMessageSize = defaultMaxMessageSize } = options
  const iceServers = new IceServers(options.iceServers ?? [], 'webrtc.iceServers')
  demand(
    'webrtc.iceTransportPolicy',
    ['all', 'relay'].includes(iceTransportPolicy),
    'must be "all" or "relay"'
  )
  demand('webrtc.bindAddress', bindAddress === undefined || isIP(bindAddress) !== 0, 'must be an IP address')
  demand('webrtc.udpPort', udpPort === undefined || isPort(udpPort), 'must be a port from 1 to 65535')
  demand(
    'webrtc.portRange',
    portRange === undefined || isPortRange(portRange),
    'must be two ports from 1 to 65535, the lower one first'
  )
  demand(
    'webrtc.maxMessageSize',
    Number.isInteger(maxMessageSize) && maxMessageSize >= 1024 && maxMessageSize <= 2 ** 30,
    'must be an integer from 1024 to 1073741824'
  )
  const settings = {
    iceServers,
    relayOnly: iceTransportPolicy === 'relay',
    bindAddress,
    publicIps: readPublicIps(publicIp),
    udpPort,
    portRange,
    maxMessageSize
  }
  demandCompatible(settings)
  return Object.freeze(settings)
}

function demandCompatible({ iceServers, relayOnly, ...settings }: WebRtcSettings): void {
  const { bindAddress, publicIps, udpPort, portRange } = settings
  demand(
    'webrtc.portRange',
    udpPort === undefined || portRange === undefined,
    'cannot be had with webrtc.udpPort'
  )
  if (relayOnly) {
    // All peers on one port is a mode of the native library in which it speaks no TURN.
    demand('webrtc.udpPort', udpPort === undefined, 'cannot be had with webrtc.iceTransportPolicy "relay"')
    demand(
      'webrtc.iceTransportPolicy',
      iceServers.haveRelay,
      '"relay" needs a TURN server over UDP in iceServers'
    )
  }
  const isReached = publicIps.length === 0 || publicIps.some((ip) => canAdvertise(bindAddress, ip))
  demand('webrtc.publicIp', isReached, 'must be of the address family of webrtc.bindAddress')
}

function readPublicIps(publicIp: WebRtcOptions['publicIp'] = []): readonly string[] {
  const ips = typeof publicIp === 'string' ? [publicIp] : publicIp
  const families = Array.isArray(ips) ? ips.map((ip) => isIP(ip)) : [0]
  const areDistinct = !families.includes(0) && new Set(families).size === families.length
  demand('webrtc.publicIp', areDistinct, 'must be an IP address, or a list of one of each family')
  return [...ips]
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535
}

function isPortRange(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [begin, end] = value
  return isPort(begin) && isPort(end) && begin <= end
}
