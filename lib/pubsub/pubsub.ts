// The room of pub/sub: who is subscribed to which topic, and how a broadcast reaches them.
import type { Broadcast } from '../protocol/message.js'
import { Delivery } from './delivery.js'

/** Gets what is broadcast to the topics it is subscribed to. */
export interface Subscriber {
  deliver(delivery: Delivery): void
}

/** Who is subscribed to what within this process, and the way of a broadcast to them (Phoenix.PubSub). */
export class PubSub {
  readonly #topics = new Map<string, Set<Subscriber>>()

  /** How many topics have subscribers. */
  get size(): number {
    return this.#topics.size
  }

  /** Subscribing twice is subscribing once. */
  subscribe(topic: string, subscriber: Subscriber): void {
    const subscribers = this.#topics.get(topic)
    if (subscribers === undefined) this.#topics.set(topic, new Set([subscriber]))
    else subscribers.add(subscriber)
  }

  unsubscribe(topic: string, subscriber: Subscriber): void {
    const subscribers = this.#topics.get(topic)
    if (subscribers?.delete(subscriber) && subscribers.size === 0) this.#topics.delete(topic)
  }

  /**
   * Delivers to all subscribers but `from`, in the order in which they subscribed.
   * Throws `PHX_ERR_SERIALIZER_ENCODE` when the payload cannot be sent to one of them.
   */
  broadcast(broadcast: Broadcast, from?: Subscriber): void {
    const subscribers = this.#topics.get(broadcast.topic)
    if (subscribers === undefined) return
    const delivery = new Delivery(broadcast)
    for (const subscriber of subscribers) if (subscriber !== from) subscriber.deliver(delivery)
  }
}
