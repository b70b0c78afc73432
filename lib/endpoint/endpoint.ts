import {
  type BroadcastDataOptions,
  DataMessage,
  type SendDataOptions,
  type SendDataResult
} from '../data/message.js'
import { InvalidOption } from '../errors.js'
import { PluginLives } from '../hooks/plugin-lives.js'
import type { Limits } from '../limits/limits.js'
import { QueuedMemory } from '../limits/queued-memory.js'
import { Turns } from '../limits/turns.js'
import { UserBudgets } from '../limits/user-budgets.js'
import { PeerRegistry } from '../peers/peer-registry.js'
import { events } from '../protocol/constants.js'
import type { PushOptions } from '../protocol/message.js'
import { peerEvents } from '../protocol/peer-events.js'
import { PubSub } from '../pubsub/pubsub.js'
import type { Clock } from '../time/clock.js'
import { EndpointStats } from './stats.js'

/** What all sockets of one server share, and the way to them from outside a channel (Phoenix.Endpoint). */
export class Endpoint {
  /** @internal */
  readonly pubsub = new PubSub()
  /** @internal */
  readonly stats = new EndpointStats()
  /**
   * What waits for clients that read more slowly than they are sent to, those of all mounts.
   *
   * @internal
   */
  readonly queued = new QueuedMemory()
  /**
   * Where work that takes its time waits for its turn, that of all mounts.
   *
   * @internal
   */
  readonly turns = new Turns()
  /**
   * Starts and stops the hook plugins of all mounts.
   *
   * @internal
   */
  readonly hookLives = new PluginLives()
  /** The live WebRTC peers of this node, by user. */
  readonly peers = new PeerRegistry()

  readonly #budgets = new Map<string, UserBudgets>()

  /**
   * The budgets of users, by socket id: mounts with the same limits count together.
   *
   * @internal
   */
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

  /**
   * Sends to the DataChannels of that label of all members of a topic: each member's is that of the
   * user channel on the same socket. A socket without one gets `webrtc:data` on the topic itself.
   * It is no event: channels neither intercept it nor get it in `handleInfo`.
   *
   * The bytes may be used again as soon as this returns. Throws `PHX_ERR_WEBRTC_INVALID_DATA` for what
   * is neither text nor bytes, and `PHX_ERR_OPTION_INVALID`.
   */
  broadcastData(
    topic: string,
    label: string,
    data: string | Uint8Array,
    options?: BroadcastDataOptions
  ): SendDataResult {
    const message = new DataMessage(label, data, options)
    this.#broadcastMessage(topic, message)
    return message.result
  }

  /** Sends to the DataChannels of that label of all sockets of a user. Throws as {@link broadcastData} does. */
  sendDataToUser(
    userId: string,
    label: string,
    data: string | Uint8Array,
    options?: SendDataOptions
  ): SendDataResult {
    return this.broadcastData(`user:${userId}`, label, data, options)
  }

  /** As {@link sendDataToUser}, for several users; whatever the data is turned into is made once for all. */
  sendDataToUsers(
    userIds: Iterable<string>,
    label: string,
    data: string | Uint8Array,
    options?: SendDataOptions
  ): SendDataResult {
    // A string is a list as well: of users with names of one letter.
    if (typeof userIds === 'string') throw new InvalidOption('userIds', 'must be a list of users')
    const message = new DataMessage(label, data, options)
    for (const userId of userIds) this.#broadcastMessage(`user:${userId}`, message)
    return message.result
  }

  #broadcastMessage(topic: string, message: DataMessage): void {
    this.pubsub.broadcast({ topic, event: peerEvents.data, payload: message, dropStale: message.staleName })
  }

  /** Closes all sockets of that id with 1001; nothing happens when there is none. */
  disconnect(socketId: string): void {
    this.broadcast(socketId, events.disconnect, {})
  }
}
