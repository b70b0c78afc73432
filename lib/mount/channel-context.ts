import type { Awaitable, ChannelDefinition } from '../channel/channel.js'
import type { PluginLives } from '../hooks/plugin-lives.js'
import type { Limits } from '../limits/limits.js'
import type { Once } from '../once/once.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'

/** What a mount of the plugin offers to the channels that are built for it; see {@link ChannelFactory}. */
export interface ChannelContext {
  /** The limits of the mount, with their defaults. */
  readonly limits: Readonly<Limits>
  /** Where time comes from. */
  readonly clock: Clock
  /** The log of the application. */
  readonly log: Logger
  /**
   * Starts and stops the hook plugins of the server.
   *
   * @internal
   */
  readonly hookLives?: PluginLives | undefined
  /**
   * Of the server, what is known of calls that run once.
   *
   * @internal
   */
  readonly once?: Once | undefined
  /** Runs before the server accepts connections; a rejection ends the start. */
  onStart(callback: () => Awaitable<void>): void
  /** Runs when the server closes, after its sockets were closed. */
  onStop(callback: () => Awaitable<void>): void
}

/** Makes a channel for one mount of the plugin, for channels that need its limits or its life cycle. */
export type ChannelFactory = (context: ChannelContext) => ChannelDefinition
