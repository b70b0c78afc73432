import { Queue } from '../util/queue.js'
import type { Delivery } from './delivery.js'
import type { Subscriber } from './pubsub.js'

interface Waiting {
  readonly delivery: Delivery
  readonly from: Subscriber | undefined
}

interface Failure {
  readonly error: unknown
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

  /** A subscriber that cannot be sent it ends alone, for it would miss it; then it throws what the first one failed with. */
  deliver(delivery: Delivery, from: Subscriber | undefined): void {
    const { topic } = delivery.broadcast
    const ahead = this.#waiting.get(topic)
    if (ahead !== undefined) return ahead.push({ delivery, from })
    const waiting = new Queue<Waiting>()
    this.#waiting.set(topic, waiting)
    const failure = this.#hand(delivery, from)
    while (waiting.length > 0) {
      const next = waiting.shift() as Waiting
      // Who has broadcast it is told nothing any more.
      this.#hand(next.delivery, next.from)
    }
    this.#waiting.delete(topic)
    if (failure !== undefined) throw failure.error
  }

  #hand(delivery: Delivery, from: Subscriber | undefined): Failure | undefined {
    let failure: Failure | undefined
    for (const subscriber of this.#subscribersOf(delivery.broadcast.topic)) {
      try {
        if (subscriber === from) subscriber.passedBy?.(delivery)
        else subscriber.deliver(delivery)
      } catch (error) {
        failure ??= { error }
        subscriber.crash?.(error)
      }
    }
    return failure
  }
}
