import { bodyOf, type EnvelopeBody } from '../data/body.js'
import { diagnostics } from '../diagnostics/diagnostics.js'
import { ClusterClosed, InvalidOption } from '../errors.js'
import { enter, guard } from '../guard.js'
import { excerpt } from '../log/excerpt.js'
import { events } from '../protocol/constants.js'
import type { Broadcast } from '../protocol/message.js'
import type { Origin, OtherNodes } from '../pubsub/pubsub.js'
import type { Clock } from '../time/clock.js'
import { type Logger, logFailure } from '../util/logger.js'
import { Absence } from './absence.js'
import type { ClusterAdapter, ClusterSink } from './adapter.js'
import { channelOf, channelOfNode, control } from './channel-names.js'
import type { ClusterNodeOptions } from './cluster-node-options.js'
import { ClusterCounters, type ClusterStats } from './cluster-stats.js'
import { type BroadcastEnvelope, decodeEnvelope, type Envelope, encodeEnvelope } from './envelope.js'
import { hear } from './hear.js'
import { isKept } from './kept-messages.js'
import { KeptTopics } from './kept-topics.js'
import { Members } from './members.js'
import { Outbox } from './outbox.js'
import { Signals } from './signals.js'
import { Subscriptions } from './subscriptions.js'
import { publish, tellDeaf, tellEngine, tellHearing, tellMembers, tellState, toldDelivery } from './told.js'
import { Watchdog } from './watchdog.js'

const nothing = new Uint8Array()

// Names of signals. The first one is for the node that says it: it finds out whether it hears.
const ping = 'ping'
const heartbeat = 'alive'
const goodbye = 'bye'

/** Adapters that have been started: each is one node's way to its engine, and of no use when that has ended. */
const used = new WeakSet<ClusterAdapter>()

/** One server as a node among others: what it broadcasts goes to their members, and what they do to its own. */
export class ClusterNode implements OtherNodes, ClusterSink {
  readonly name: string
  /** The other nodes. */
  readonly members: Members
  /** What other rooms say to their like on other nodes. */
  readonly signals: Signals
  readonly absence: Absence
  /** Topics whose messages the engine keeps; undefined where it keeps none. */
  readonly kept: KeptTopics | undefined
  readonly #options: ClusterNodeOptions
  readonly #counters = new ClusterCounters()
  /** What others are told of nodes that have gone must not fail into the engine. */
  readonly #beatHeard: () => void
  readonly #subscriptions: Subscriptions
  readonly #outbox: Outbox
  #watchdog: Watchdog | undefined
  #state: 'up' | 'down' = 'down'
  #isLeaving = false
  #hasStarted = false
  #isClosed = false

  constructor(options: ClusterNodeOptions) {
    const { name, adapter, clock, log } = options
    this.#options = options
    this.name = name
    this.#subscriptions = new Subscriptions(adapter, clock)
    this.absence = new Absence(clock)
    if (adapter.history !== undefined) this.kept = new KeptTopics(adapter.history, this, options)
    const engine = {
      publish: (channel: string, bytes: Uint8Array) => publish(adapter, name, 'broadcast', channel, bytes)
    }
    this.#outbox = new Outbox(engine, this.#counters)
    this.signals = new Signals(clock, log)
    this.#beatHeard = guard(log, 'the silence of other nodes could not be handled', () => this.members.echo())
    this.members = new Members({ clock, send: (body, to) => this.send(heartbeat, body, to) })
    this.members.listen(tellMembers(this))
    this.signals.on(heartbeat, (from, body) => this.members.heard(from, body))
    this.signals.on(goodbye, (from) => this.members.ended(from, 'bye'))
    // What is broadcast before the start waits for it.
    options.pubsub.connect(this)
  }

  /** Whether the engine can be reached and this node hears itself. */
  get isUp(): boolean {
    return this.#state === 'up' && this.#watchdog?.isDeaf === false
  }

  get clock(): Clock {
    return this.#options.clock
  }

  get log(): Logger {
    return this.#options.log
  }

  /** A copy. */
  get stats(): ClusterStats {
    const state = this.#state === 'up' && this.#watchdog?.isDeaf === true ? 'deaf' : this.#state
    const { late: lateJoins, size: subscriptions } = this.#subscriptions
    const lagMs = this.#watchdog?.lagMs ?? 0
    const outbox = this.#outbox.held
    return { state, lagMs, outbox, subscriptions, ...structuredClone(this.#counters), lateJoins }
  }

  /**
   * Joins the others. Rejects where the engine cannot be reached, with `PHX_ERR_OPTION_INVALID` where the adapter has
   * been another node's, and with `PHX_ERR_CLUSTER_CLOSED` where this one is closed meanwhile.
   */
  async start(): Promise<void> {
    const { adapter, clock, log } = this.#options
    if (this.#isClosed) throw new ClusterClosed()
    if (used.has(adapter)) throw new InvalidOption('cluster', 'needs an adapter of its own for each server')
    used.add(adapter)
    this.#hasStarted = true
    try {
      await adapter.start(this, this.name)
      if (this.#isClosed) throw new ClusterClosed()
    } catch (err) {
      await this.close()
      throw err
    }
    this.#state = 'up'
    tellState(this, 'up')
    this.#outbox.open()
    for (const channel of [control, channelOfNode(this.name)]) this.#subscriptions.add(channel)
    this.#subscriptions.renew()
    await Promise.all(
      [control, channelOfNode(this.name)].map((channel) => this.#subscriptions.confirmed(channel))
    )
    if (this.#isClosed) throw new ClusterClosed()
    this.members.beat(true)
    this.#watchdog = new Watchdog({
      clock,
      ping: guard(log, 'a node of a cluster failed', () => this.#tick()),
      deaf: (silentMs) => {
        this.absence.begin(silentMs)
        // Its return has everything subscribed anew.
        if (this.#state === 'down') return
        this.#counters.renewals++
        tellDeaf(this, silentMs)
        this.#renew()
      },
      heard: () => tellHearing(this)
    })
    log.debug({ node: this.name }, 'joined the cluster')
  }

  /** Says goodbye: others wait for nothing of this node any more, though what it still publishes reaches them. */
  leave(): void {
    if (this.#isLeaving || this.#watchdog === undefined) return
    this.#isLeaving = true
    this.#watchdog.stop()
    this.send(goodbye, nothing)
  }

  /** Leaves the others, and the engine. Never rejects. */
  async close(): Promise<void> {
    const { adapter, log } = this.#options
    this.#isClosed = true
    this.leave()
    this.#state = 'down'
    this.#subscriptions.close()
    this.#outbox.clear()
    if (!this.#hasStarted) return
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
    return hear(this.#options.pubsub, topic, () => this.confirmed(topic))
  }

  /** Says something to one node, or to all others; false where the engine does not take it. Never throws. */
  send(signal: string, body: Uint8Array, to?: string): boolean {
    const { adapter, log } = this.#options
    try {
      const bytes = encodeEnvelope({ kind: 'signal', publisher: this.name, name: signal, body })
      const channel = to === undefined ? control : channelOfNode(to)
      const isTaken = publish(adapter, this.name, 'signal', channel, bytes)
      if (isTaken) this.#counters.published++
      else this.#counters.dropped++
      return isTaken
    } catch (err) {
      logFailure(log, 'error', { err, signal }, 'a signal to other nodes could not be sent')
      return false
    }
  }

  // What pub/sub calls.

  prepare({ topic, event, payload, dropStale }: Broadcast): Broadcast {
    return { topic, event, payload: bodyOf(payload), dropStale }
  }

  publish({ topic, event, payload, dropStale }: Broadcast, trace?: string): void {
    const body = payload as EnvelopeBody
    const envelope: BroadcastEnvelope = {
      kind: 'broadcast',
      publisher: this.name,
      topic,
      event,
      body,
      dropStale,
      trace
    }
    // Sockets hear this alone, and none of them is worth a channel of its own.
    const channel = event === events.disconnect ? control : channelOf(topic)
    this.#outbox.send(channel, encodeEnvelope(envelope), dropStale)
  }

  /** The engine did not keep a message of a topic with history, or nobody knows. */
  notKept(): void {
    this.#counters.dropped++
  }

  wanted(topic: string): void {
    this.#subscriptions.add(channelOf(topic))
  }

  unwanted(topic: string): void {
    this.kept?.forget(topic)
    this.#subscriptions.delete(channelOf(topic))
  }

  // What the engine calls.

  deliver(channel: string, bytes: Uint8Array): void {
    const envelope = decodeEnvelope(bytes)
    if (envelope.kind === 'unknown') {
      this.#counters.unknown[envelope.why]++
    } else if (envelope.publisher === this.name && !isKept(envelope)) {
      if (envelope.kind === 'signal') this.#heardItself(channel, envelope.name)
    } else if (diagnostics.engineDeliver.hasSubscribers) {
      toldDelivery(this.name, envelope, bytes.length, (told) => this.#deliver(envelope, told))
    } else this.#deliver(envelope)
  }

  #deliver(envelope: Envelope, told?: Origin): void {
    if (envelope.kind === 'broadcast') this.#deliverBroadcast(envelope, told)
    else if (!this.signals.deliver(envelope.name, envelope.publisher, envelope.body)) {
      this.#counters.unknown.signal++
    }
  }

  gone(node: string): void {
    enter(this.log, 'the end of another node could not be handled', () => this.members.ended(node, 'gone'))
  }

  state(state: 'up' | 'down', problem?: Error): void {
    if (state === this.#state) return
    this.#state = state
    tellEngine(this, state, problem)
    if (state === 'down') {
      this.absence.begin()
      this.#counters.interruptions++
      return
    }
    this.#watchdog?.restart()
    this.#renew()
    this.#outbox.flush()
  }

  #renew(): void {
    this.#subscriptions.renew()
    this.kept?.renew()
  }

  #heardItself(channel: string, signal: string): void {
    this.absence.end()
    if (signal === ping && channel === channelOfNode(this.name)) this.#watchdog?.echo()
    else if (signal === heartbeat && channel === control) this.#beatHeard()
  }

  #deliverBroadcast(envelope: BroadcastEnvelope, told?: Origin): void {
    this.#counters.delivered++
    if (isKept(envelope)) return this.kept?.arrived(envelope, told)
    const { topic, event, body, dropStale } = envelope
    try {
      this.#options.pubsub.deliver({ topic, event, payload: body, dropStale }, undefined, told)
    } catch (err) {
      this.log.error({ err, topic: excerpt(topic) }, 'a broadcast of another node could not be delivered')
    }
  }

  #tick(): void {
    this.#outbox.flush()
    this.send(ping, nothing, this.name)
    this.members.beat()
  }
}
