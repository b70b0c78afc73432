// The room of pub/sub: who is subscribed to which topic, and how a broadcast reaches them.
import { diagnostics } from '../diagnostics/diagnostics.js'
import type { BroadcastTrace } from '../diagnostics/events.js'
import { Meters } from '../diagnostics/meter.js'
import { OpenTrace, trace } from '../diagnostics/trace.js'
import type { TopicHistories } from '../history/history.js'
import type { KeptMessage, Position, Sender } from '../history/store.js'
import { events } from '../protocol/constants.js'
import type { Broadcast } from '../protocol/message.js'
import { Delivery } from './delivery.js'
import { KeptDeliveries } from './kept-deliveries.js'
import { Replays } from './replays.js'

/** Gets what is broadcast to the topics it is subscribed to. */
export interface Subscriber {
  /** The topic that it is a member of; it may be subscribed to others as well. */
  readonly topic?: string
  /** What is kept of it with what it broadcasts to all others. */
  readonly sender?: Sender | undefined
  deliver(delivery: Delivery): void
  /** It is what this one has broadcast to all others, on a topic with history. */
  passedBy?(delivery: Delivery): void
  /** Messages of its topic are gone that it should have got. */
  lost?(): void
  /** It cannot be sent what it was to get. */
  crash?(error: unknown): void
}

/** The other nodes of a cluster, as pub/sub has to do with them. */
export interface OtherNodes {
  /**
   * A broadcast with its payload as it travels, so that it is encoded once for all. Throws
   * `PHX_ERR_SERIALIZER_ENCODE` for what cannot be, also where nobody would get it.
   */
  prepare(broadcast: Broadcast): Broadcast
  /** Takes what {@link prepare} gave to them. Never throws. @param traceparent goes along */
  publish(broadcast: Broadcast, traceparent?: string): void
  /** The topic has subscribers here from now on. */
  wanted(topic: string): void
  /** It has none any more. */
  unwanted(topic: string): void
}

/** What a delivery came of, as listeners were told. */
export type Origin = Delivery['origin']

const delivered = (): 'ok' => 'ok'

/** What becomes of a broadcast beside its delivery. */
interface Way {
  /** Gets none of it. */
  readonly from?: Subscriber | undefined
  /** Makes a repeat the same message, on a topic with history. */
  readonly key?: string | undefined
}

const toAll: Way = {}
const noop = (): void => {}

/** Where a broadcast is in the history of its topic, now or when the engine has taken it. */
type Kept = Position | Promise<Position> | undefined

/** Who is subscribed to what within this process, and the way of a broadcast to them (Phoenix.PubSub). */
export class PubSub {
  readonly #node: string
  readonly #meters: Meters
  readonly #topics = new Map<string, Set<Subscriber>>()
  /** Sockets by their id. */
  readonly #sockets = new Map<string, Set<Subscriber>>()
  #others: OtherNodes | undefined
  #histories: TopicHistories | undefined
  #replays: Replays | undefined
  readonly #kept = new KeptDeliveries((topic) => this.#topics.get(topic) ?? [])

  /** @param node for those who listen to events */
  constructor(node = '', meters = new Meters()) {
    this.#node = node
    this.#meters = meters
  }

  /** How many topics have subscribers, and how many ids have sockets. */
  get size(): number {
    return this.#topics.size + this.#sockets.size
  }

  /** Those with subscribers. */
  get topics(): ReadonlyMap<string, ReadonlySet<Subscriber>> {
    return this.#topics
  }

  /** How many topics have subscribers. */
  get topicCount(): number {
    return this.#topics.size
  }

  /** Whether anybody is subscribed to the topic. */
  has(topic: string): boolean {
    return this.#topics.has(topic)
  }

  /** Whether the topic has a member, and not only others who listen. */
  hasMember(topic: string): boolean {
    for (const subscriber of this.#topics.get(topic) ?? []) if (subscriber.topic === topic) return true
    return false
  }

  /** Broadcasts go to other nodes too from now on. */
  connect(others: OtherNodes): void {
    this.#others = others
    for (const topic of this.#topics.keys()) others.wanted(topic)
  }

  /** Broadcasts to topics that have a history are kept from now on. */
  keep(histories: TopicHistories): void {
    this.#histories = histories
    this.#replays = new Replays(histories.clock)
  }

  /** Messages of the history of a topic, for a client that has missed them. */
  replay(topic: string, messages: readonly KeptMessage[]): readonly Delivery[] {
    return this.#replays?.of(topic, messages) ?? []
  }

  /** Subscribing twice is subscribing once. */
  subscribe(topic: string, subscriber: Subscriber): void {
    const subscribers = this.#topics.get(topic)
    if (subscribers !== undefined) {
      subscribers.add(subscriber)
      return
    }
    this.#topics.set(topic, new Set([subscriber]))
    this.#histories?.wanted(topic)
    this.#others?.wanted(topic)
  }

  unsubscribe(topic: string, subscriber: Subscriber): void {
    if (!remove(this.#topics, topic, subscriber)) return
    this.#histories?.unwanted(topic)
    this.#others?.unwanted(topic)
  }

  /** A socket of an id gets `disconnect` alone, and other nodes need not know that it is here. */
  addSocket(id: string, socket: Subscriber): void {
    const sockets = this.#sockets.get(id)
    if (sockets === undefined) this.#sockets.set(id, new Set([socket]))
    else sockets.add(socket)
  }

  removeSocket(id: string, socket: Subscriber): void {
    remove(this.#sockets, id, socket)
  }

  /**
   * Delivers to all subscribers but `from`, here first and then on other nodes.
   * Throws `PHX_ERR_SERIALIZER_ENCODE` when the payload cannot be sent to one of them.
   */
  broadcast(broadcast: Broadcast, from?: Subscriber): void {
    const position = this.#meterAndBroadcast(broadcast, from === undefined ? toAll : { from })
    // Who broadcasts does not wait for the engine; what it does not take is counted.
    if (position instanceof Promise) position.catch(noop)
  }

  /**
   * As {@link broadcast}, to all. Returns where it is in the history of its topic; undefined where it has none.
   *
   * @param key makes a repeat within two minutes the same message, which is delivered once
   */
  publish(broadcast: Broadcast, key?: string): Kept {
    return this.#meterAndBroadcast(broadcast, { key })
  }

  #meterAndBroadcast(broadcast: Broadcast, way: Way): Kept {
    const { current: meter } = this.#meters
    if (meter === undefined) return this.#tellAndBroadcast(broadcast, way)
    const begun = meter.broadcastBegins()
    let isDelivered = false
    try {
      const position = this.#tellAndBroadcast(broadcast, way)
      isDelivered = true
      return position
    } finally {
      meter.broadcastEnds(begun, this.#receivers(broadcast, way.from), isDelivered)
    }
  }

  #tellAndBroadcast(broadcast: Broadcast, way: Way): Kept {
    if (!diagnostics.broadcast.hasSubscribers) return this.#broadcast(broadcast, way)
    const told = this.#told(broadcast, way.from, this.#others === undefined)
    const open = new OpenTrace(diagnostics.broadcast, told, 'failed')
    return open.run(() => {
      const position = this.#broadcast(broadcast, way, told)
      open.over('ok')
      return position
    })
  }

  /** Delivers to all subscribers of this node, as {@link broadcast} does. */
  localBroadcast(broadcast: Broadcast): void {
    if (!diagnostics.broadcast.hasSubscribers) return this.deliver(broadcast)
    const told = this.#told(broadcast, undefined, true)
    trace(diagnostics.broadcast, told, () => this.deliver(broadcast, undefined, told), delivered, 'failed')
  }

  #broadcast(broadcast: Broadcast, { from, key }: Way, told?: BroadcastTrace): Kept {
    const histories = this.#histories
    const drafted = histories?.draft(broadcast, from?.sender)
    const trace = isTraceparent(told?.traceparent) ? told?.traceparent : undefined
    if (histories !== undefined && drafted !== undefined) {
      const { draft, settings } = drafted
      // The engine brings it back, in its order.
      if (histories.shared !== undefined)
        return histories.shared.append(broadcast.topic, settings, draft, { from, key, trace })
      const { message, position } = histories.append(drafted, key)
      if (message !== undefined) this.deliverKept(drafted.broadcast, message, from, told)
      return position
    }
    if (this.#others === undefined) {
      this.deliver(broadcast, from, told)
      return undefined
    }
    const prepared = this.#others.prepare(broadcast)
    this.deliver(prepared, from, told)
    this.#others.publish(prepared, trace)
    return undefined
  }

  #told(broadcast: Broadcast, from: Subscriber | undefined, isLocal: boolean): BroadcastTrace {
    const { topic, event } = broadcast
    return { node: this.#node, topic, event, isLocal, receivers: this.#receivers(broadcast, from) }
  }

  #receivers({ topic, event }: Broadcast, from: Subscriber | undefined): number {
    const subscribers = this.#topics.get(topic)
    let receivers = subscribers?.size ?? 0
    if (from !== undefined && subscribers?.has(from)) receivers--
    if (event === events.disconnect) receivers += this.#sockets.get(topic)?.size ?? 0
    return receivers
  }

  /** Delivers to all subscribers of this node but `from`, in the order in which they subscribed. Throws as {@link broadcast}. */
  deliver(broadcast: Broadcast, from?: Subscriber, origin?: Origin): void {
    const subscribers = this.#topics.get(broadcast.topic)
    if (subscribers !== undefined) {
      const delivery = new Delivery(broadcast, origin)
      for (const subscriber of subscribers) if (subscriber !== from) subscriber.deliver(delivery)
    }
    if (broadcast.event !== events.disconnect) return
    const delivery = new Delivery(broadcast)
    for (const socket of this.#sockets.get(broadcast.topic) ?? []) socket.deliver(delivery)
  }

  /** The same of what is kept: who counts what it gets has to hear of its own, too. */
  deliverKept(broadcast: Broadcast, message: KeptMessage, from?: Subscriber, origin?: Origin): void {
    this.#kept.deliver(new Delivery(broadcast, origin, message), from)
  }

  /** Messages of the topic are gone that its members should have got. */
  lose(topic: string): void {
    for (const subscriber of [...(this.#topics.get(topic) ?? [])]) {
      if (subscriber.topic === topic) subscriber.lost?.()
    }
  }
}

/** As W3C Trace Context has it; what a listener has set may be anything. */
function isTraceparent(value: unknown): boolean {
  return typeof value === 'string' && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(value)
}

/** Whether it was the last one. */
function remove(map: Map<string, Set<Subscriber>>, key: string, subscriber: Subscriber): boolean {
  const subscribers = map.get(key)
  if (!subscribers?.delete(subscriber) || subscribers.size > 0) return false
  return map.delete(key)
}
