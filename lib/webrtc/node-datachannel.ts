// The only module that knows node-datachannel. What its callbacks throw would abort the process,
// and a wrapper that nothing references takes its connection down when it is collected; both are
// taken care of here and nowhere else.
import type * as ndc from 'node-datachannel'
import { WebRtcUnavailable } from '../errors.js'
import type { PeerConnection, PeerEvents, PeerFactory, PeerIceServer } from '../peers/peer-factory.js'
import { type Clock, systemClock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import { bindPeers, canBind } from './bind.js'
import { BindWatch } from './bind-watch.js'
import { type NativeContext, NativePeer } from './native-peer.js'
import { OrphanedChannels } from './orphaned-channels.js'
import { readWebRtcOptions, type WebRtcOptions, type WebRtcSettings } from './webrtc-options.js'

export type { WebRtcOptions } from './webrtc-options.js'

/**
 * Bytes that SCTP keeps of a peer until they are acknowledged, for the whole process; at least one
 * message of the largest size. They do not show in `bufferedAmount`, so that state which a newer message
 * could replace is already lost to it: the library's own 1 MiB are seconds of a mobile link.
 */
const sendBufferSize = 256 * 1024

/**
 * Loads node-datachannel and makes peers of it. The library is loaded by this call and not by an
 * import, so that a server without WebRTC does not need it.
 *
 * Rejects with `PHX_ERR_OPTION_INVALID` for an option that is wrong, with `PHX_ERR_WEBRTC_UNAVAILABLE`
 * when the library cannot be loaded, and with `PHX_ERR_WEBRTC_BIND` when peers cannot bind.
 *
 * @param load brings the library, for where it is not found by its name
 * @param clock dates the TURN credentials of the server's own peers, and times what is freed later
 */
export async function createNodeDataChannelFactory(
  options: WebRtcOptions,
  log: Logger,
  load: () => Promise<typeof ndc> = () => import('node-datachannel'),
  clock: Clock = systemClock
): Promise<PeerFactory> {
  const settings = readWebRtcOptions(options)
  const config = toConfig(settings)
  const library = await loadNodeDataChannel(load)
  library.setSctpSettings({ sendBufferSize })
  const create = (iceServers: PeerIceServer[]) =>
    new library.PeerConnection('fastify-phoenix', { ...config, iceServers })
  const release = await bindPeers(() => create([]), settings)
  const { iceServers, udpPort } = settings
  return new NodeDataChannelFactory({
    // Credentials end, so each peer gets its own. On a shared port the library speaks no TURN.
    create: (own) => {
      const servers = own === undefined ? iceServers.forPeer(clock.date()) : [...own]
      return create(udpPort === undefined ? servers : servers.filter(({ relayType }) => !relayType))
    },
    settings,
    log,
    clock,
    binds: new BindWatch(clock, () => canBind(() => create([]))),
    release
  })
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

interface Parts {
  create: NativeContext['create']
  settings: WebRtcSettings
  log: Logger
  clock: Clock
  binds: BindWatch
  /** Gives up the shared port. */
  release(): void
}

class NodeDataChannelFactory implements PeerFactory {
  readonly maxMessageSize: number
  readonly #context: NativeContext
  readonly #binds: BindWatch
  readonly #release: () => void
  readonly #peers = new Set<NativePeer>()

  constructor({ create, settings, log, clock, binds, release }: Parts) {
    const { maxMessageSize, publicIps, relayOnly } = settings
    this.maxMessageSize = maxMessageSize
    this.#binds = binds
    this.#release = release
    this.#context = {
      create,
      publicIps,
      relayOnly,
      binds,
      log,
      clock,
      handles: new Set(),
      orphans: new OrphanedChannels(clock),
      closed: (peer) => this.#peers.delete(peer)
    }
  }

  get size(): number {
    return this.#peers.size
  }

  get canBind(): boolean {
    return !this.#binds.isFailing
  }

  create(events: PeerEvents, iceServers?: readonly PeerIceServer[]): PeerConnection {
    const peer = new NativePeer(this.#context, events, iceServers)
    this.#peers.add(peer)
    return peer
  }

  close(): void {
    this.#binds.close()
    for (const peer of this.#peers) peer.close()
    this.#release()
    this.#context.orphans.close()
  }
}

function toConfig(settings: WebRtcSettings): Omit<ndc.RtcConfig, 'iceServers'> {
  const { bindAddress, udpPort, portRange, relayOnly, maxMessageSize } = settings
  const [portRangeBegin, portRangeEnd] = udpPort === undefined ? (portRange ?? []) : [udpPort, udpPort]
  return {
    maxMessageSize,
    ...(bindAddress !== undefined && { bindAddress }),
    ...(portRangeBegin !== undefined && portRangeEnd !== undefined && { portRangeBegin, portRangeEnd }),
    ...(udpPort !== undefined && { enableIceUdpMux: true }),
    ...(relayOnly && { iceTransportPolicy: 'relay' })
  }
}
