import type { EndpointServer } from '../endpoint/endpoint-server.js'
import type { Subscriber } from '../pubsub/pubsub.js'

/** Who of the dashboards looks on at a topic: they are no members of it. */
export class Follows {
  readonly #endpoint: EndpointServer
  readonly #counts = new Map<string, number>()

  constructor(endpoint: EndpointServer) {
    this.#endpoint = endpoint
  }

  /** How many there are. */
  of(topic: string): number {
    return this.#counts.get(topic) ?? 0
  }

  /** Gets what is broadcast to the topic, on whatever node, until the result is called. */
  add(topic: string, subscriber: Subscriber): () => void {
    const { pubsub } = this.#endpoint
    pubsub.subscribe(topic, subscriber)
    this.#counts.set(topic, this.of(topic) + 1)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      pubsub.unsubscribe(topic, subscriber)
      const left = this.of(topic) - 1
      if (left > 0) this.#counts.set(topic, left)
      else this.#counts.delete(topic)
    }
  }
}
