import { randomBytes } from 'node:crypto'
import { guard } from '../guard.js'
import { excerpt } from '../log/excerpt.js'
import { events } from '../protocol/constants.js'
import type { Broadcast } from '../protocol/message.js'
import type { OtherNodes, PubSub, Subscriber } from '../pubsub/pubsub.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import type { ClusterAdapter, ClusterSink } from './adapter.js'
import { bodyOf, type EnvelopeBody } from './body.js'
import { type BroadcastEnvelope, decodeEnvelope, encodeEnvelope, type UnknownEnvelope } from './envelope.js'
import { Outbox } from './outbox.js'
import { Subscriptions } from './subscriptions.js'
import { Watchdog } from './watchdog.js'

/** The channel that every node hears. */
const control = 'c'
const nothing = new Uint8Array()

export interface ClusterNodeOptions {
  readonly adapter: ClusterAdapter
  readonly pubsub: PubSub
  readonly clock: Clock
  readonly log: Logger
}

/** What a node has sent and got, counted since its start. */
export class ClusterStats {
  published = 0
  dropped = 0
  /** Broadcasts of other nodes that were delivered here. */
  delivered = 0
  /** What came and could not be read, by why. */
  readonly unknown: Record<UnknownEnvelope['why'], number> = {
    foreign: 0,
    version: 0,
    kind: 0,
    form: 0,
    garbled: 0
  }
}

/** One server as a node among others: what it broadcasts goes to their members, and what they do to its own. */
export class ClusterNode implements OtherNodes, ClusterSink {
  /** New at every start: a restarted node is another one. */
  readonly name = randomBytes(9).toString('base64url')
  readonly stats = new ClusterStats()
  readonly #options: ClusterNodeOptions
  readonly #subscriptions: Subscriptions
  readonly #outbox: Outbox
  readonly #own = `n:${this.name}`
  #watchdog: Watchdog | undefined
  #state: 'up' | 'down' = 'down'

  constructor(options: ClusterNodeOptions) {
    this.#options = options
    this.#subscriptions = new Subscriptions(options.adapter, options.clock)
    this.#outbox = new Outbox(options.adapter, this.stats)
  }

  /** Whether the engine can be reached and this node hears itself. */
  get isUp(): boolean {
    return this.#state === 'up' && this.#watchdog?.isDeaf === false
  }

  /** Joins went on before the engine had confirmed their topic so often. */
  get lateJoins(): number {
    return this.#subscriptions.late
  }

  /** Joins the others. Rejects where the engine cannot be reached. */
  async start(): Promise<void> {
    const { adapter, pubsub, clock, log } = this.#options
    await adapter.start(this)
    this.#state = 'up'
    for (const channel of [control, this.#own]) this.#subscriptions.add(channel)
    pubsub.connect(this)
    await this.#subscriptions.confirmed(this.#own)
    this.#watchdog = new Watchdog({
      clock,
      ping: guard(log, 'a node of a cluster failed', () => this.#tick()),
      deaf: (silentMs) => {
        log.warn({ node: this.name, silentMs }, 'a node hears nothing of its cluster; subscribing anew')
        this.#subscriptions.renew()
      },
      heard: () => log.info({ node: this.name }, 'a node hears its cluster again')
    })
    log.info({ node: this.name }, 'joined the cluster')
  }

  /** Leaves the others. Never rejects. */
  async close(): Promise<void> {
    const { adapter, log } = this.#options
    this.#watchdog?.stop()
    this.#subscriptions.close()
    this.#outbox.clear()
    try {
      await adapter.close()
    } catch (err) {
      log.error({ err }, 'the engine of a cluster did not close')
    }
  }

  /** Resolves when nothing that other nodes publish on the topic is missed; undefined where that is so already. */
  confirmed(topic: string): Promise<void> | undefined {
    return this.#subscriptions.confirmed(channelOf(topic))
  }

  /**
   * Resolves when this node hears the topic, which it does from now on until the result is called or while the topic
   * has subscribers; undefined where it heard it before.
   */
  hear(topic: string): Promise<() => void> | undefined {
    const { pubsub } = this.#options
    const listener: Subscriber = { deliver: () => {} }
    pubsub.subscribe(topic, listener)
    const release = (): void => pubsub.unsubscribe(topic, listener)
    const confirming = this.confirmed(topic)
    if (confirming !== undefined) return confirming.then(() => release)
    release()
    return undefined
  }

  // What pub/sub calls.

  prepare(broadcast: Broadcast): Broadcast {
    return { ...broadcast, payload: bodyOf(broadcast.payload) }
  }

  publish({ topic, event, payload, dropStale }: Broadcast): void {
    const body = payload as EnvelopeBody
    const envelope: BroadcastEnvelope = {
      kind: 'broadcast',
      publisher: this.name,
      topic,
      event,
      body,
      dropStale
    }
    // A socket may be anywhere, and none of them is worth a channel of its own.
    const channel = event === events.disconnect ? control : channelOf(topic)
    this.#outbox.send(channel, encodeEnvelope(envelope), dropStale)
  }

  wanted(topic: string): void {
    this.#subscriptions.add(channelOf(topic))
  }

  unwanted(topic: string): void {
    this.#subscriptions.delete(channelOf(topic))
  }

  // What the engine calls.

  deliver(channel: string, bytes: Uint8Array): void {
    const envelope = decodeEnvelope(bytes)
    if (envelope.kind === 'unknown') {
      this.stats.unknown[envelope.why]++
    } else if (envelope.publisher === this.name) {
      if (envelope.kind === 'ping' && channel === this.#own) this.#watchdog?.echo()
    } else if (envelope.kind === 'broadcast') {
      this.#deliverBroadcast(envelope)
    }
  }

  state(state: 'up' | 'down'): void {
    if (state === this.#state) return
    this.#state = state
    const { log } = this.#options
    if (state === 'down') {
      log.warn({ node: this.name }, 'the engine of the cluster cannot be reached; own clients go on')
      return
    }
    log.info({ node: this.name }, 'the engine of the cluster is back')
    this.#subscriptions.renew()
    this.#outbox.flush()
  }

  #deliverBroadcast({ topic, event, body, dropStale }: BroadcastEnvelope): void {
    const { pubsub, log } = this.#options
    this.stats.delivered++
    try {
      pubsub.deliver({ topic, event, payload: body, dropStale })
    } catch (err) {
      log.error({ err, topic: excerpt(topic) }, 'a broadcast of another node could not be delivered')
    }
  }

  #tick(): void {
    this.#outbox.flush()
    this.#options.adapter.publish(
      this.#own,
      encodeEnvelope({ kind: 'ping', publisher: this.name, body: nothing })
    )
  }
}

const channelOf = (topic: string): string => `t:${topic}`
