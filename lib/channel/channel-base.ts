import { AsyncResource } from 'node:async_hooks'
import { dataOf } from '../data/message.js'
import { deliverData } from '../data/route.js'
import type { JoinTrace } from '../diagnostics/events.js'
import type { EndpointServer } from '../endpoint/endpoint-server.js'
import { NoRef } from '../errors.js'
import type { RecoverAsk, Recovery } from '../history/recovery.js'
import type { Sender } from '../history/store.js'
import type { Backlog } from '../limits/backlog.js'
import type { Assigns } from '../protocol/assigns.js'
import { type ClientMessage, isBinary, type PushOptions, type Ref } from '../protocol/message.js'
import type { Route } from '../protocol/topic.js'
import type { Delivery } from '../pubsub/delivery.js'
import type { Subscriber } from '../pubsub/pubsub.js'
import type { Timer } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import type { ChannelDefinition, Reply, SocketRef, StopResult } from './channel.js'
import type { Feed, FeedOwner } from './feed.js'
import { hasOwn } from './handlers.js'
import type { ChannelHost } from './host.js'
import type { ChannelSession, SessionChannel } from './session.js'
import type { Task } from './task.js'
import { ChannelTimers } from './timers.js'

/** What the handlers of one join may call: what it sends, what it listens to, and its timers. */
export abstract class ChannelBase implements SessionChannel, Subscriber, FeedOwner {
  readonly topic: string
  /** Of the option `channels`. */
  readonly pattern: string
  readonly joinRef: Ref
  readonly assigns: Assigns
  readonly socket: ChannelHost
  session: ChannelSession | undefined
  trapExit = false
  joinTrace: JoinTrace | undefined
  /** What its client asked for that is to miss nothing. */
  ask: RecoverAsk | undefined
  /** What came of it, where that was read ahead of the answer. */
  recovery: Recovery | undefined
  /** What it counts for its client, where that has asked for it. */
  feed: Feed | undefined
  protected readonly definition: ChannelDefinition
  #subscriptions: Set<string> | undefined
  #timers: ChannelTimers | undefined
  #joinFailure: { error: unknown } | undefined

  constructor(
    socket: ChannelHost,
    { pattern, target }: Route<ChannelDefinition>,
    { topic, joinRef, ref }: ClientMessage
  ) {
    this.socket = socket
    this.pattern = pattern
    this.definition = target
    this.topic = topic as string
    this.joinRef = joinRef ?? ref
    this.assigns = { ...socket.assigns }
  }

  abstract readonly joined: boolean
  abstract readonly message: ClientMessage | undefined
  abstract readonly signal: AbortSignal
  /** Whether a handler runs, or one is to run. */
  abstract readonly isBusy: boolean
  abstract crash(error: unknown): void
  abstract overflowed(): void
  abstract lost(): void
  /** Whether what it sends is still heard. Throws `PHX_ERR_CHANNEL_NOT_JOINED` while `join` runs. */
  protected abstract canSend(): boolean
  /** Whether anything more may come of its handlers later. */
  protected abstract takesMore(): boolean
  /** Handles a task when it is its turn. */
  protected abstract enqueue(task: Task): void

  get endpoint(): EndpointServer {
    return this.socket.endpoint
  }

  get backlog(): Backlog {
    return this.socket.backlog
  }

  get log(): Logger {
    return this.socket.log
  }

  get sender(): Sender | undefined {
    return this.feed?.sender
  }

  deliver(delivery: Delivery): void {
    const { broadcast } = delivery
    const data = dataOf(broadcast)
    const isMember = broadcast.topic === this.topic
    // What comes while it is still read what was missed waits for that.
    if (isMember && !this.joined) {
      if (delivery.kept !== undefined) this.feed?.take(delivery)
      return
    }
    if (data !== undefined) {
      // For members alone, and taken now: its sender may write on into its bytes.
      if (isMember && !deliverData(this.socket, data, this.endpoint.stats.peers)) this.#forward(delivery)
    } else if (!isMember) this.#enqueueBroadcast('info', delivery)
    else if (this.feed !== undefined && delivery.kept !== undefined) this.feed.take(delivery)
    else if (this.intercepts(broadcast.event)) this.#enqueueBroadcast('out', delivery)
    else this.#forward(delivery)
  }

  passedBy(delivery: Delivery): void {
    this.feed?.take(delivery, true)
  }

  intercepts(event: string): boolean {
    return hasOwn(this.definition.handleOut, event)
  }

  intercept(counted: Delivery): void {
    const { broadcast, origin } = counted
    this.enqueue({ kind: 'out', broadcast, bytes: 0, origin, counted })
  }

  /** Hands on the frame that all members share. */
  #forward(delivery: Delivery): void {
    const { serializer } = this.socket
    // One client of an old protocol version must not keep bytes from all the others.
    if (isBinary(delivery.broadcast.payload) && !serializer.binary) return
    this.socket.send(delivery.frame(serializer), delivery.staleKey)
  }

  /** Measuring costs as much as encoding: only where it has to wait. */
  #enqueueBroadcast(kind: 'out' | 'info', delivery: Delivery): void {
    if (!this.takesMore()) return
    const { broadcast, origin } = delivery
    this.enqueue({ kind, broadcast, bytes: this.isBusy ? delivery.bytes : 0, origin })
  }

  push(event: string, payload: object, { dropStale }: PushOptions = {}): void {
    if (!this.canSend()) return
    this.socket.sendPush({ joinRef: this.joinRef, ref: null, topic: this.topic, event, payload }, dropStale)
  }

  broadcast(event: string, payload: object, { dropStale }: PushOptions = {}): void {
    if (this.canSend()) this.endpoint.pubsub.broadcast({ topic: this.topic, event, payload, dropStale })
  }

  broadcastFrom(event: string, payload: object, { dropStale }: PushOptions = {}): void {
    if (this.canSend()) this.endpoint.pubsub.broadcast({ topic: this.topic, event, payload, dropStale }, this)
  }

  socketRef(): SocketRef {
    const { message } = this
    if (message === undefined || message.ref === null) throw new NoRef(this.topic)
    return { joinRef: this.joinRef, ref: message.ref, topic: this.topic }
  }

  reply(ref: SocketRef, reply: Reply): void {
    if (this.canSend()) this.socket.sendReply({ ...ref, status: reply.status, response: reply.response })
  }

  subscribe(topic: string): void {
    if (topic === this.topic || !this.takesMore()) return
    this.#subscriptions ??= new Set()
    this.#subscriptions.add(topic)
    this.endpoint.pubsub.subscribe(topic, this)
  }

  unsubscribe(topic: string): void {
    if (this.#subscriptions?.delete(topic)) this.endpoint.pubsub.unsubscribe(topic, this)
  }

  defer(callback: () => StopResult | Promise<StopResult>): void {
    this.enqueue({ kind: 'call', callback: inThisContext(callback) })
  }

  setTimeout(callback: () => StopResult | Promise<StopResult>, ms: number): Timer {
    if (this.#timers === undefined) {
      this.#timers = new ChannelTimers(this.socket.clock)
      if (!this.takesMore()) this.#timers.stop()
    }
    const task = { kind: 'call', callback: inThisContext(callback) } as const
    return this.#timers.set(() => this.enqueue(task), ms)
  }

  clearTimeout(timer: Timer): void {
    this.#timers?.clear(timer)
  }

  /** Throws what failed beside `join` while it ran: the join has crashed, whatever it answers. */
  demandNoFailure(): void {
    if (this.#joinFailure !== undefined) throw this.#joinFailure.error
  }

  protected failJoin(error: unknown): void {
    this.#joinFailure ??= { error }
  }

  protected replyTo({ ref }: ClientMessage, { status, response }: Reply): void {
    this.socket.sendReply({ joinRef: this.joinRef, ref, topic: this.topic, status, response })
  }

  /** Listens to no other topic any more, and no timer fires. */
  protected stopListening(): void {
    for (const topic of this.#subscriptions ?? []) this.endpoint.pubsub.unsubscribe(topic, this)
    this.#subscriptions = undefined
    this.#timers?.stop()
  }
}

/**
 * Code that runs in the async context of now, as with the timers of Node, and not of what it waits for.
 * `AsyncResource.bind` costs more than a join.
 */
function inThisContext<Result>(code: () => Result): () => Result {
  const resource = new AsyncResource('PhoenixChannelTask')
  return () => resource.runInAsyncScope(code)
}
