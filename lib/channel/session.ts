import type { JoinTrace } from '../diagnostics/events.js'
import type { EndpointServer } from '../endpoint/endpoint-server.js'
import type { Backlog } from '../limits/backlog.js'
import type { Channel } from './channel.js'
import type { ChannelHost } from './host.js'

/**
 * What a channel of this package keeps for one join. It is told of the join's start and end by a call, which costs
 * a join less than an AbortSignal and a deferred function do.
 */
export interface ChannelSession {
  /** The join was replied to. Not called when the client has gone before that. */
  start(): void
  /** The client is gone; what it had sent is still worked off, and {@link end} comes after that. */
  clientGone(): void
  /** The channel has ended: at once, while `terminate` waits for the handler that runs. It may not have started. */
  end(): void
}

/** A channel as those see it that keep a session with it. */
export interface SessionChannel extends Channel {
  /** All of it; applications see less. */
  readonly endpoint: EndpointServer
  readonly socket: ChannelHost
  /** Of the option `channels`. */
  readonly pattern: string
  /** What was told of its join, where somebody listened. */
  readonly joinTrace: JoinTrace | undefined
  /** Set in `join`. */
  session: ChannelSession | undefined
  /** What waits on behalf of its socket. */
  readonly backlog: Backlog
  /** Ends the channel as a failure does: of what runs outside of its handlers, on behalf of them. */
  crash(error: unknown): void
}
