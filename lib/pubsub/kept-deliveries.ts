import { Queue } from '../util/queue.js'
import type { Delivery } from './delivery.js'

/** Gets messages of a topic with history. */
interface Taker {
  deliver(delivery: Delivery): void
  passedBy?(delivery: Delivery): void
  crash?(error: unknown): void
}

interface Waiting {
  readonly delivery: Delivery
  readonly from: Taker | undefined
}

interface Failure {
  readonly error: unknown
}

/**
 * Messages of topics with history on their way to the subscribers. One of a topic at a time: what a subscriber
 * broadcasts while it gets one follows when all have that one, so that all get them in the order of their offsets.
 */
export class KeptDeliveries {
  readonly #subscribersOf: (topic: string) => Iterable<Taker>
  /** By topic, what waits for the one that is under way. */
  readonly #waiting = new Map<string, Queue<Waiting>>()

  constructor(subscribersOf: (topic: string) => Iterable<Taker>) {
    this.#subscribersOf = subscribersOf
  }

  /** A subscriber that cannot be sent it ends alone, for it would miss it; then it throws what the first one failed with. */
  deliver(delivery: Delivery, from: Taker | undefined): void {
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

  #hand(delivery: Delivery, from: Taker | undefined): Failure | undefined {
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
