import type { Awaitable, ChannelDefinition } from '../channel/channel.js'
import type { EndpointStats } from '../endpoint/stats.js'
import type { PluginLives } from '../hooks/plugin-lives.js'
import type { Limits } from '../limits/limits.js'
import type { Turns } from '../limits/turns.js'
import type { PeerFactory } from '../peers/peer-factory.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import type { IceServers } from '../webrtc/ice-servers.js'

/** What a mount of the plugin offers to the channels that are built for it; see {@link ChannelFactory}. */
export interface ChannelContext {
  /** The limits of the mount, with their defaults. */
  readonly limits: Readonly<Limits>
  /** Where time comes from. */
  readonly clock: Clock
  /**
   * Where channels count what they leave out.
   *
   * @internal
   */
  readonly stats: EndpointStats
  /**
   * Where work that takes its time waits for its turn.
   *
   * @internal
   */
  readonly turns: Turns
  /** The log of the application. */
  readonly log: Logger
  /**
   * Starts and stops the hook plugins of the server.
   *
   * @internal
   */
  readonly hookLives?: PluginLives | undefined
  /**
   * Makes WebRTC peers; null when `webrtc` is off.
   *
   * @internal
   */
  readonly peers: PeerFactory | null
  /**
   * What clients should use to reach a peer.
   *
   * @internal
   */
  readonly iceServers: IceServers
  /** Runs before the server accepts connections; a rejection ends the start. */
  onStart(callback: () => Awaitable<void>): void
  /** Runs when the server closes, after its sockets were closed. */
  onStop(callback: () => Awaitable<void>): void
}

/** Makes a channel for one mount of the plugin, for channels that need its limits or its life cycle. */
export type ChannelFactory = (context: ChannelContext) => ChannelDefinition
