// Peers of node-datachannel. What its callbacks throw would abort the process,
// and a wrapper that nothing references takes its connection down when it is collected; both are
// taken care of here and nowhere else.
import type { PeerConnection, PeerEvents, PeerFactory, PeerIceServer } from '../peers/peer-factory.js'
import { type Clock, systemClock } from '../time/clock.js'
import { lazy } from '../util/lazy.js'
import type { Logger } from '../util/logger.js'
import { bindPeers, canBind } from './bind.js'
import { BindWatch } from './bind-watch.js'
import { type NativeContext, NativePeer } from './native-peer.js'
import {
  installedSource,
  loadNodeDataChannel,
  type NativeSource,
  type RtcConfig
} from './node-datachannel.js'
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
 * Makes peers of node-datachannel, which is loaded with the first of them: a server that never gets an offer does
 * without its memory. Where its binary is not installed that is tried here, so that the start fails.
 *
 * Rejects with `PHX_ERR_OPTION_INVALID` for an option that is wrong, with `PHX_ERR_WEBRTC_UNAVAILABLE`
 * when there is no library, and with `PHX_ERR_WEBRTC_BIND` when peers cannot bind.
 *
 * @param source of the library, for where it is not found by its name
 * @param clock dates the TURN credentials of the server's own peers, and times what is freed later
 */
export async function createNodeDataChannelFactory(
  options: WebRtcOptions,
  log: Logger,
  source: NativeSource = installedSource,
  clock: Clock = systemClock
): Promise<PeerFactory> {
  const settings = readWebRtcOptions(options)
  const config = toConfig(settings)
  const library = loadedOnce(source, log)
  if (!source.isInstalled()) library()
  const create = (iceServers: PeerIceServer[]) =>
    new (library().PeerConnection)('fastify-phoenix', { ...config, iceServers })
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

/** The library when it is first asked for; what hinders it is told once, and thrown each time. */
function loadedOnce(source: NativeSource, log: Logger): () => ReturnType<typeof loadNodeDataChannel> {
  const outcome = lazy(() => {
    try {
      const library = loadNodeDataChannel(source)
      library.setSctpSettings({ sendBufferSize })
      return { library }
    } catch (problem) {
      log.error({ err: problem }, 'there are no peers')
      return { problem }
    }
  })
  return () => {
    const { library, problem } = outcome()
    if (library === undefined) throw problem
    return library
  }
}

function toConfig(settings: WebRtcSettings): Omit<RtcConfig, 'iceServers'> {
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
