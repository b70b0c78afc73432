import type { Channel } from './channel.js'

/**
 * What a channel of this package keeps for one join. It is told of the join's start and end by a call:
 * an AbortSignal and a deferred function for each of ten thousand joins are a third of what they cost.
 */
export interface ChannelSession {
  /** The join was replied to. Not called when the client has gone before that. */
  start(): void
  /** The channel has ended: at once, while `terminate` waits for the handler that runs. It may not have started. */
  end(): void
}

/** A channel as those see it that keep a session with it. */
export interface SessionChannel extends Channel {
  /** Set in `join`. */
  session: ChannelSession | undefined
}
