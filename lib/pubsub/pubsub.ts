import { DataMessage } from '../data/message.js'
import type { Broadcast, Scalar } from '../protocol/message.js'
import { JsonText } from '../protocol/serializer/json.js'
import type { Frame, Serializer } from '../protocol/serializer/serializer.js'
import { SharedText } from '../protocol/shared-text.js'
import type { OutgoingFrame } from '../transport/transport.js'

/** Gets what is broadcast to the topics it is subscribed to. */
export interface Subscriber {
  deliver(delivery: Delivery): void
}

/** One broadcast on its way: all subscribers of a serializer share one encoded frame. */
export class Delivery {
  readonly broadcast: Broadcast
  /** What it carries where it is no event but data for DataChannels. */
  readonly data: DataMessage | undefined
  #serializer: Serializer | undefined
  #frame: OutgoingFrame | undefined
  #bytes: number | undefined
  #others: Map<Serializer, OutgoingFrame> | undefined

  constructor(broadcast: Broadcast) {
    const { payload } = broadcast
    this.broadcast = broadcast
    this.data = payload instanceof DataMessage ? payload : undefined
  }

  /** Under what key an older frame of this kind may be dropped; see `PushOptions`. */
  get staleKey(): string | undefined {
    const { topic, dropStale } = this.broadcast
    return staleKey(topic, dropStale)
  }

  /** About how many bytes its payload has as text, for those that it has to wait for. */
  get bytes(): number {
    this.#bytes ??= sizeOfPayload(this.broadcast.payload)
    return this.#bytes
  }

  /** The frame for a serializer, encoded when it is asked for the first time. */
  frame(serializer: Serializer): OutgoingFrame {
    if (serializer === this.#serializer) return this.#frame as OutgoingFrame
    if (this.#serializer === undefined) {
      this.#frame = shared(serializer.encodeBroadcast(this.broadcast))
      this.#serializer = serializer
      return this.#frame
    }
    this.#others ??= new Map()
    let frame = this.#others.get(serializer)
    if (frame === undefined) {
      frame = shared(serializer.encodeBroadcast(this.broadcast))
      this.#others.set(serializer, frame)
    }
    return frame
  }
}

function shared(frame: Frame): OutgoingFrame {
  return typeof frame === 'string' ? new SharedText(frame) : frame
}

function sizeOfPayload(payload: unknown): number {
  if (payload instanceof JsonText) return payload.text.length
  if (payload instanceof Uint8Array) return payload.length
  try {
    return JSON.stringify(payload)?.length ?? 0
  } catch {
    // Handlers may get it all the same.
    return 0
  }
}

/** The names of state events are the topic's own. */
export function staleKey(topic: Scalar, dropStale: string | undefined): string | undefined {
  return dropStale === undefined ? undefined : `${topic}\n${dropStale}`
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
