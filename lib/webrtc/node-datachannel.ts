// The only module that knows node-datachannel. What its callbacks throw would abort the process,
// and a wrapper that nothing references takes its connection down when it is collected; both are
// taken care of here and nowhere else.
import { isIP } from 'node:net'
import type * as ndc from 'node-datachannel'
import { InvalidOption, WebRtcUnavailable } from '../errors.js'
import type { Logger } from '../logger.js'
import { toNativeIceServers } from './ice-servers.js'
import { type NativeContext, NativePeer } from './native-peer.js'
import type { IceServer, PeerConnection, PeerEvents, PeerFactory } from './peer-factory.js'

/** How the server's peers reach the network. */
export interface WebRtcOptions {
  /** STUN and TURN servers that the server's own peers use. Default: none. */
  iceServers?: readonly IceServer[] | undefined
  /** IP address that peers bind. Default: all but loopback. */
  bindAddress?: string | undefined
  /**
   * IP address that is advertised in place of the local ones: that of the host a container runs on,
   * or of a 1:1 NAT. Ports have to be the same on both. Default: none.
   */
  publicIp?: string | undefined
  /** First and last UDP port that peers bind. Default: any. */
  portRange?: readonly [number, number] | undefined
  /** Bytes of the largest message that clients are told they may send. Default: 262144. */
  maxMessageSize?: number | undefined
}

const defaultMaxMessageSize = 256 * 1024

/**
 * Loads node-datachannel and makes peers of it. The library is loaded by this call and not by an
 * import, so that a server without WebRTC does not need it.
 *
 * Rejects with `PHX_ERR_WEBRTC_UNAVAILABLE` when the library cannot be loaded, and with
 * `PHX_ERR_OPTION_INVALID` for an option that is wrong.
 *
 * @param load brings the library, for where it is not found by its name
 */
export async function createNodeDataChannelFactory(
  options: WebRtcOptions,
  log: Logger,
  load: () => Promise<typeof ndc> = () => import('node-datachannel')
): Promise<PeerFactory> {
  const config = toConfig(options)
  return new NodeDataChannelFactory(await loadNodeDataChannel(load), config, options.publicIp, log)
}

/**
 * The library itself, for clients that make offers. Rejects with `PHX_ERR_WEBRTC_UNAVAILABLE` when it
 * cannot be loaded.
 */
export async function loadNodeDataChannel(
  load: () => Promise<typeof ndc> = () => import('node-datachannel')
): Promise<typeof ndc> {
  try {
    return await load()
  } catch (err) {
    throw new WebRtcUnavailable(err instanceof Error ? err.message : String(err))
  }
}

class NodeDataChannelFactory implements PeerFactory {
  readonly maxMessageSize: number
  readonly #context: NativeContext
  readonly #peers = new Set<NativePeer>()

  constructor(library: typeof ndc, config: NativeConfig, publicIp: string | undefined, log: Logger) {
    this.maxMessageSize = config.maxMessageSize
    this.#context = {
      create: () => new library.PeerConnection('fastify-phoenix', config),
      publicIp,
      log,
      handles: new Set(),
      closed: (peer) => this.#peers.delete(peer)
    }
  }

  get size(): number {
    return this.#peers.size
  }

  create(events: PeerEvents): PeerConnection {
    const peer = new NativePeer(this.#context, events)
    this.#peers.add(peer)
    return peer
  }

  close(): void {
    for (const peer of this.#peers) peer.close()
  }
}

type NativeConfig = ndc.RtcConfig & { maxMessageSize: number }

function toConfig(options: WebRtcOptions): NativeConfig {
  const {
    iceServers = [],
    bindAddress,
    publicIp,
    portRange,
    maxMessageSize = defaultMaxMessageSize
  } = options
  checkAddress('webrtc.bindAddress', bindAddress)
  checkAddress('webrtc.publicIp', publicIp)
  if (!Number.isInteger(maxMessageSize) || maxMessageSize < 1024 || maxMessageSize > 2 ** 30) {
    throw new InvalidOption('webrtc.maxMessageSize', 'must be an integer from 1024 to 1073741824')
  }
  const config: NativeConfig = {
    iceServers: toNativeIceServers(iceServers, 'webrtc.iceServers'),
    maxMessageSize
  }
  if (bindAddress !== undefined) config.bindAddress = bindAddress
  if (portRange !== undefined) {
    const [begin, end] = portRange
    if (!isPort(begin) || !isPort(end) || begin > end) {
      throw new InvalidOption('webrtc.portRange', 'must be two ports from 1 to 65535, the lower one first')
    }
    config.portRangeBegin = begin
    config.portRangeEnd = end
  }
  return config
}

function checkAddress(name: string, value: string | undefined): void {
  if (value !== undefined && isIP(value) === 0) throw new InvalidOption(name, 'must be an IP address')
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535
}
