import type { PushOptions } from './channel.js'
import type { Clock } from './clock.js'
import { events } from './constants.js'
import type { Limits } from './limits.js'
import { PubSub } from './pubsub/pubsub.js'
import { EndpointStats } from './stats.js'
import { UserBudgets } from './user-budgets.js'
import { PeerRegistry } from './webrtc/peer-registry.js'

/** What all sockets of one server share, and the way to them from outside a channel (Phoenix.Endpoint). */
export class Endpoint {
  readonly pubsub = new PubSub()
  readonly stats = new EndpointStats()
  /** The live WebRTC peers of this node, by user. */
  readonly peers = new PeerRegistry()

  readonly #budgets = new Map<string, UserBudgets>()

  /** The budgets of users, by socket id: mounts with the same limits count together. */
  budgets(limits: Readonly<Limits>, clock: Clock): UserBudgets {
    const key = JSON.stringify(limits)
    const budgets = this.#budgets.get(key) ?? new UserBudgets(limits, clock)
    this.#budgets.set(key, budgets)
    return budgets
  }

  /**
   * Sends an event to all members of a topic.
   * Throws `PHX_ERR_SERIALIZER_ENCODE` when the payload is neither an object nor a Uint8Array, or
   * no JSON, and somebody would have got it.
   */
  broadcast(topic: string, event: string, payload: object, { dropStale }: PushOptions = {}): void {
    this.pubsub.broadcast({ topic, event, payload, dropStale })
  }

  /** Closes all sockets of that id with 1001; nothing happens when there is none. */
  disconnect(socketId: string): void {
    this.broadcast(socketId, events.disconnect, {})
  }
}
