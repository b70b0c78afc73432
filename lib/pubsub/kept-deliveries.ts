import { Queue } from '../util/queue.js'
import type { Delivery } from './delivery.js'
import type { Subscriber } from './pubsub.js'

interface Waiting {
  readonly delivery: Delivery
  readonly from: Subscriber | undefined
}

/**
 * Messages of topics with history on their way to the subscribers. One of a topic at a time: what a subscriber
 * broadcasts while it gets one follows when all have that one, so that all get them in the order of their offsets.
 */
export class KeptDeliveries {
  readonly #subscribersOf: (topic: string) => Iterable<Subscriber>
  /** By topic, what waits for the one that is under way. */
  readonly #waiting = new Map<string, Queue<Waiting>>()

  constructor(subscribersOf: (topic: string) => Iterable<Subscriber>) {
    this.#subscribersOf = subscribersOf
  }

  deliver(delivery: Delivery, from: Subscriber | undefined): void {
    const { topic } = delivery.broadcast
    const ahead = this.#waiting.get(topic)
    if (ahead !== undefined) return ahead.push({ delivery, from })
    const waiting = new Queue<Waiting>()
    this.#waiting.set(topic, waiting)
    try {
      this.#hand(delivery, from)
    } finally {
      while (waiting.length > 0) {
        const next = waiting.shift() as Waiting
        this.#hand(next.delivery, next.from)
      }
      this.#waiting.delete(topic)
    }
  }

  #hand(delivery: Delivery, from: Subscriber | undefined): void {
    for (const subscriber of this.#subscribersOf(delivery.broadcast.topic)) {
      if (subscriber === from) subscriber.passedBy?.(delivery)
      else subscriber.deliver(delivery)
    }
  }
}
