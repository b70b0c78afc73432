import { HistoryTooLarge, HistoryUnavailable } from '../errors.js'
import type { HistorySettings } from '../history/options.js'
import type { Draft, HistorySlice, KeptWay, Position, SharedHistory } from '../history/store.js'
import { excerpt } from '../log/excerpt.js'
import type { Origin, PubSub, Subscriber } from '../pubsub/pubsub.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import type { EngineHistory } from './adapter.js'
import { channelOf } from './channel-names.js'
import { type BroadcastEnvelope, encodeEnvelope } from './envelope.js'
import { readPosition, senderText, withFields } from './kept-fields.js'
import { type KeptArrival, keptMessages, messageOf } from './kept-messages.js'
import { SharedReads } from './shared-reads.js'
import { TopicTail } from './topic-tail.js'
import { WaitingBytes } from './waiting-bytes.js'

/** Milliseconds for which it is known whom a message passes by that does not come back. */
const passingMs = 60_000

/** The node whose topics they are. */
export interface KeepingNode {
  readonly name: string
  /** Resolves when nothing that is published on the topic is missed; undefined where that is so already. */
  confirmed(topic: string): Promise<void> | undefined
  /** The engine did not keep a message, or nobody knows. */
  notKept(): void
}

interface Surroundings {
  readonly pubsub: PubSub
  readonly clock: Clock
  readonly log: Logger
}

interface Passing {
  readonly from: Subscriber
  readonly until: number
}

/**
 * The topics with history of one node, whose messages the engine keeps: they are delivered as it sends them, in the
 * order of their offsets. What it did not send is read, and comes in its place.
 */
export class KeptTopics implements SharedHistory {
  readonly #history: EngineHistory
  readonly #node: KeepingNode
  readonly #options: Surroundings
  readonly #reads: SharedReads
  readonly #tails = new Map<string, TopicTail>()
  readonly #waitingBytes = new WaitingBytes()
  /** Whom messages of this node pass by, until they come back from the engine. */
  readonly #passing = new Map<string, Passing>()
  #tokens = 0
  /** The engine did not do what it was last asked for, which is said once. */
  #isAway = false
  #settingsOf: (topic: string) => HistorySettings | undefined = () => undefined

  constructor(history: EngineHistory, node: KeepingNode, options: Surroundings) {
    this.#history = history
    this.#node = node
    this.#options = options
    this.#reads = new SharedReads(history)
  }

  connect(settingsOf: (topic: string) => HistorySettings | undefined): void {
    this.#settingsOf = settingsOf
  }

  append(
    topic: string,
    { size, ttlMs }: HistorySettings,
    { event, payload: body, sender }: Draft,
    { from, key, trace }: KeptWay
  ): Promise<Position> {
    const { name: publisher } = this.#node
    const { maxBytes = Number.POSITIVE_INFINITY } = this.#history
    const token = from === undefined ? undefined : this.#pass(from as Subscriber)
    const envelope = encodeEnvelope({ kind: 'broadcast', publisher, topic, event, body, trace })
    const bytes = withFields(envelope, { sender: senderText(sender), token })
    if (bytes.length > maxBytes) {
      if (token !== undefined) this.#passing.delete(token)
      throw new HistoryTooLarge(excerpt(topic), bytes.length, maxBytes)
    }
    return this.#ask(() => this.#history.append(channelOf(topic), bytes, { size, ttlMs, key })).catch(
      (problem: unknown) => {
        this.#node.notKept()
        if (token !== undefined) this.#passing.delete(token)
        throw problem
      }
    )
  }

  async recent(
    topic: string,
    { ttlMs }: HistorySettings,
    limit: number,
    since: Position | undefined
  ): Promise<HistorySlice> {
    const query = { limit, ttlMs, after: since?.offset, epoch: since?.epoch, isWhole: since !== undefined }
    const slice = await this.#ask(() => this.#reads.recent(channelOf(topic), query))
    // What it does not have yet is still to come, also for those who were there before.
    if (!this.#tails.has(topic) && this.#options.pubsub.has(topic)) this.#follow(topic, slice.position, true)
    return slice
  }

  async read(
    topic: string,
    { ttlMs }: HistorySettings,
    since: Position | undefined,
    limit: number
  ): Promise<HistorySlice> {
    const after = since?.offset ?? 0
    const query = { after, limit, ttlMs, epoch: since?.epoch }
    const slice = await this.#ask(() => this.#history.read(channelOf(topic), query))
    const { epoch, offset } = slice
    const position = { epoch, offset }
    const messages = keptMessages(slice)
    if (since === undefined) return { position, loss: undefined, messages }
    if (since.epoch !== epoch) return { position, loss: 'epoch', messages: [] }
    if (since.offset > offset) return { position, loss: 'ahead', messages: [] }
    const isGap = limit > 0 && offset > after && messages[0]?.offset !== after + 1
    return isGap ? { position, loss: 'gap', messages: [] } : { position, loss: undefined, messages }
  }

  /** The engine has sent a message. */
  arrived(envelope: BroadcastEnvelope, origin?: Origin): void {
    const { pubsub, clock } = this.#options
    const { topic, kept } = envelope
    const position = readPosition(kept?.position)
    if (position === undefined || !pubsub.has(topic)) return
    const message = messageOf(envelope, position.offset, clock.date())
    const arrival = { position, message, origin, envelope }
    const tail = this.#tails.get(topic)
    if (tail !== undefined) return tail.arrived(arrival)
    this.#follow(topic, position, false)
    this.#deliver(topic, arrival)
  }

  /** Nobody here wants the topic any more. */
  forget(topic: string): void {
    this.#tails.get(topic)?.end()
    this.#tails.delete(topic)
  }

  /** Something may have been missed: it is read when the engine has confirmed that nothing is missed any more. */
  renew(): void {
    for (const [topic, tail] of this.#tails) {
      void Promise.resolve(this.#node.confirmed(topic)).then(() => tail.catchUp())
    }
  }

  #follow(topic: string, position: Position, isSoft: boolean): void {
    const tail = new TopicTail(position, isSoft, {
      read: async (after, limit) => {
        const ttlMs = this.#settingsOf(topic)?.ttlMs ?? Number.MAX_SAFE_INTEGER
        return this.#history.read(channelOf(topic), { after, limit, ttlMs })
      },
      deliver: (arrival) => this.#deliver(topic, arrival),
      renew: (known) => this.#history.renew(channelOf(topic), known),
      clock: this.#options.clock,
      waitingBytes: this.#waitingBytes,
      lost: () => {
        this.forget(topic)
        this.#options.log.warn(
          { topic: excerpt(topic) },
          'messages of a topic with history are gone: its members join anew'
        )
        this.#options.pubsub.lose(topic)
      }
    })
    this.#tails.set(topic, tail)
  }

  #deliver(topic: string, { message, envelope, origin }: KeptArrival): void {
    const { event, payload } = message
    const from = envelope && this.#takePassing(envelope)
    try {
      this.#options.pubsub.deliverKept({ topic, event, payload }, message, from, origin)
    } catch (err) {
      this.#options.log.error(
        { err, topic: excerpt(topic) },
        'a message of a topic with history could not be delivered'
      )
    }
  }

  #pass(from: Subscriber): string {
    const now = this.#options.clock.now()
    for (const [token, { until }] of this.#passing) {
      if (until > now) break
      this.#passing.delete(token)
    }
    const token = (this.#tokens++).toString(36)
    this.#passing.set(token, { from, until: now + passingMs })
    return token
  }

  /** When it is delivered, and not when it comes: it may be read ahead of that. */
  #takePassing({ publisher, kept }: Pick<BroadcastEnvelope, 'publisher' | 'kept'>): Subscriber | undefined {
    if (publisher !== this.#node.name || kept?.token === undefined) return undefined
    const passing = this.#passing.get(kept.token)
    this.#passing.delete(kept.token)
    return passing?.from
  }

  async #ask<Value>(ask: () => Promise<Value>): Promise<Value> {
    try {
      const value = await ask()
      this.#isAway = false
      return value
    } catch (cause) {
      const problem = new HistoryUnavailable(String(Object(cause).message), { cause })
      if (!this.#isAway) this.#options.log.warn({ err: problem }, 'the histories of topics cannot be reached')
      this.#isAway = true
      throw problem
    }
  }
}
