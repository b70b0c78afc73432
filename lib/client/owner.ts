import type { PhoenixChannel } from './phoenix.js'

/** Shared by all copies of this module that a page may have. */
const owner = Symbol.for('fastify-phoenix.hookClient')

/**
 * Makes a client the one of a channel, as long as it takes no other: two would replace each other's peer for
 * ever. The one before is told to end. It is noted on the channel itself, which may be behind a Proxy.
 *
 * @param end called when another client takes the channel
 * @returns gives the channel up
 */
export function own(channel: PhoenixChannel, end: () => void): () => void {
  const owned = channel as PhoenixChannel & { [owner]?: (() => void) | undefined }
  owned[owner]?.()
  owned[owner] = end
  return () => {
    if (owned[owner] === end) delete owned[owner]
  }
}
