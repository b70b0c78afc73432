import type {
  Channel,
  ChannelDefinition,
  HandlerResult,
  JoinResult,
  PushOptions,
  Reply,
  SocketRef,
  StopReason,
  StopResult,
  TerminateReason
} from './channel.js'
import { demandJoinResult, isReply, isStop, isThenable, terminateReason } from './channel-results.js'
import { describeTask, hasOwn, plainBroadcast, type Task } from './channel-task.js'
import { ChannelTimers } from './channel-timers.js'
import type { Timer } from './clock.js'
import { events } from './constants.js'
import type { Endpoint } from './endpoint.js'
import { BadReturn, NoHandler, NoRef, NotJoined } from './errors.js'
import type { Assigns } from './hooks/types.js'
import type { Logger } from './logger.js'
import { type Broadcast, type ClientMessage, isBinary, type Ref } from './message.js'
import type { Delivery, Subscriber } from './pubsub/pubsub.js'
import type { Socket } from './socket.js'

type State = 'joining' | 'joined' | 'terminating' | 'ended'

const duplicateJoin: TerminateReason = 'shutdown:duplicate_join'

/**
 * One join of one topic (Phoenix.Channel.Server): a mailbox whose messages are handled one at a
 * time, also when a handler is async, and an end that happens exactly once.
 */
export class ChannelServer implements Channel, Subscriber {
  readonly topic: string
  readonly joinRef: Ref
  readonly assigns: Assigns
  readonly socket: Socket
  readonly #definition: ChannelDefinition
  trapExit = false
  /** The client has left, and its leave waits in the mailbox. */
  leaving = false
  #state: State = 'joining'
  #mailbox: Task[] = []
  #busy = false
  #drainScheduled = false
  /** The client's message that is being handled. */
  #current: ClientMessage | undefined
  /** Set when the channel ends while a handler still runs; `terminate` waits for it. */
  #ending: { reason: TerminateReason; error: unknown } | undefined
  #whenIdle: (() => void) | undefined
  #controller: AbortController | undefined
  #subscriptions: Set<string> | undefined
  #timers: ChannelTimers | undefined

  constructor(socket: Socket, definition: ChannelDefinition, topic: string, joinRef: Ref) {
    this.socket = socket
    this.topic = topic
    this.joinRef = joinRef
    this.assigns = { ...socket.assigns }
    this.#definition = definition
  }

  get joined(): boolean {
    return this.#state === 'joined'
  }

  get endpoint(): Endpoint {
    return this.socket.endpoint
  }

  get log(): Logger {
    return this.socket.log
  }

  get message(): ClientMessage | undefined {
    return this.#current
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#isOver()) this.#controller.abort()
    }
    return this.#controller.signal
  }

  // What the socket calls.

  /** Asks the channel whether the client may join. Throws or rejects when the join crashed. */
  join(params: unknown): JoinResult | Promise<JoinResult> {
    const result = this.#definition.join(params, this)
    return isThenable(result)
      ? Promise.resolve(result).then((value) => demandJoinResult(this.topic, value))
      : demandJoinResult(this.topic, result)
  }

  /** The join was accepted and replied to: from here on the channel is a member of its topic. */
  start(): void {
    this.#state = 'joined'
    this.socket.pubsub.subscribe(this.topic, this)
    this.#drain()
  }

  /** The join was refused or crashed: gives back what `join` took, without `terminate`. */
  abandon(): void {
    this.#state = 'ended'
    this.#release()
  }

  /** Nobody waits for the join that runs any more; it may look at the signal and give up. */
  clientGone(): void {
    this.#controller ??= new AbortController()
    this.#controller.abort()
  }

  /** Handles a message of the client when it is its turn. */
  receive(message: ClientMessage): void {
    const task: Task = { kind: 'in', message }
    if (!this.#busy && this.#mailbox.length === 0 && this.#state === 'joined') {
      this.#run(task)
      this.#drain()
      return
    }
    this.#mailbox.push(task)
    this.socket.messageQueued()
  }

  deliver(delivery: Delivery): void {
    const { broadcast, data } = delivery
    const isMember = broadcast.topic === this.topic
    if (data !== undefined) {
      // For members alone, and taken now: its sender may write on into its bytes.
      if (isMember && !this.socket.deliverData(data)) this.#forward(delivery)
    } else if (!isMember) this.#enqueue({ kind: 'info', broadcast })
    else if (hasOwn(this.#definition.deliverNow, broadcast.event)) this.#deliverNow(broadcast)
    else if (hasOwn(this.#definition.handleOut, broadcast.event)) this.#enqueue({ kind: 'out', broadcast })
    else this.#forward(delivery)
  }

  #deliverNow(broadcast: Broadcast): void {
    try {
      this.#definition.deliverNow?.[broadcast.event]?.(plainBroadcast(broadcast).payload, this)
    } catch (error) {
      this.log.error({ err: error, topic: this.topic }, 'channel crashed')
      this.end('error', error)
    }
  }

  /** Hands on the frame that all members share. */
  #forward(delivery: Delivery): void {
    const { serializer } = this.socket
    // One client of an old protocol version must not keep bytes from all the others.
    if (isBinary(delivery.broadcast.payload) && !serializer.binary) return
    this.socket.send(delivery.frame(serializer), delivery.staleKey)
  }

  /** Resolves when no handler runs and the channel's own `drain` is through; never rejects. */
  async finished(): Promise<void> {
    if (this.#busy) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve
      })
    }
    try {
      await this.#definition.drain?.(this)
    } catch (err) {
      this.log.error({ err, topic: this.topic }, 'drain failed')
    }
  }

  /** Ends the channel: the client is told at once, `terminate` runs when no handler runs any more. */
  end(reason: TerminateReason, error?: unknown): void {
    if (this.#isOver()) return
    this.#state = 'terminating'
    this.socket.pubsub.unsubscribe(this.topic, this)
    this.#release()
    const isBusy = this.#busy
    // Phoenix tells of a failure when the process is down, behind `terminate`; of a clean end ahead of it.
    const terminatesFirst = reason === 'error'
    if (isBusy) this.#ending = { reason, error }
    else if (terminatesFirst) this.#terminate(reason, error)
    this.socket.channelEnded(this, reason)
    if (!isBusy && !terminatesFirst) this.#terminate(reason, error)
  }

  // What handlers call.

  push(event: string, payload: object, { dropStale }: PushOptions = {}): void {
    if (!this.#canSend()) return
    this.socket.sendPush({ joinRef: this.joinRef, ref: null, topic: this.topic, event, payload }, dropStale)
  }

  broadcast(event: string, payload: object, { dropStale }: PushOptions = {}): void {
    if (this.#canSend()) this.socket.pubsub.broadcast({ topic: this.topic, event, payload, dropStale })
  }

  broadcastFrom(event: string, payload: object, { dropStale }: PushOptions = {}): void {
    if (this.#canSend()) this.socket.pubsub.broadcast({ topic: this.topic, event, payload, dropStale }, this)
  }

  socketRef(): SocketRef {
    const message = this.#current
    if (message === undefined || message.ref === null) throw new NoRef(this.topic)
    return { joinRef: this.joinRef, ref: message.ref, topic: this.topic }
  }

  reply(ref: SocketRef, reply: Reply): void {
    if (this.#canSend()) this.socket.sendReply({ ...ref, status: reply.status, response: reply.response })
  }

  subscribe(topic: string): void {
    if (topic === this.topic || this.#isOver()) return
    this.#subscriptions ??= new Set()
    this.#subscriptions.add(topic)
    this.socket.pubsub.subscribe(topic, this)
  }

  unsubscribe(topic: string): void {
    if (this.#subscriptions?.delete(topic)) this.socket.pubsub.unsubscribe(topic, this)
  }

  defer(callback: () => StopResult | Promise<StopResult>): void {
    this.#enqueue({ kind: 'call', callback })
  }

  setTimeout(callback: () => StopResult | Promise<StopResult>, ms: number): Timer {
    return this.#ownTimers().set(() => this.#enqueue({ kind: 'call', callback }), ms)
  }

  clearTimeout(timer: Timer): void {
    this.#timers?.clear(timer)
  }

  #ownTimers(): ChannelTimers {
    if (this.#timers === undefined) {
      this.#timers = new ChannelTimers(this.socket.clock)
      if (this.#isOver()) this.#timers.stop()
    }
    return this.#timers
  }

  #isOver(): boolean {
    return this.#state === 'terminating' || this.#state === 'ended'
  }

  // The mailbox.

  #enqueue(task: Task): void {
    if (this.#isOver()) return
    this.#mailbox.push(task)
    if (this.#busy || this.#drainScheduled || this.#state !== 'joined') return
    // Not now: whoever broadcasts or defers finishes first, as with a message to another process.
    this.#drainScheduled = true
    queueMicrotask(() => {
      this.#drainScheduled = false
      this.#drain()
    })
  }

  #drain(): void {
    while (!this.#busy && this.#state === 'joined') {
      const task = this.#mailbox.shift()
      if (task === undefined) return
      if (task.kind === 'in') this.socket.messageDequeued(1)
      this.#run(task)
    }
  }

  #run(task: Task): void {
    this.#busy = true
    this.#current = task.kind === 'in' ? task.message : undefined
    try {
      const result = this.#handle(task)
      if (isThenable(result)) {
        Promise.resolve(result).then(
          (value) => this.#settleLater(task, value),
          (error: unknown) => this.#fail(error)
        )
        return
      }
      this.#settle(task, result)
    } catch (error) {
      this.#fail(error)
    }
  }

  #handle(task: Task): HandlerResult | Promise<HandlerResult> {
    switch (task.kind) {
      case 'in':
        return this.#handleIn(task.message)
      case 'out':
        return this.#definition.handleOut?.[task.broadcast.event]?.(
          plainBroadcast(task.broadcast).payload,
          this
        )
      case 'info':
        return this.#definition.handleInfo?.(plainBroadcast(task.broadcast), this)
      case 'call':
        return task.callback()
    }
  }

  #handleIn(message: ClientMessage): HandlerResult | Promise<HandlerResult> {
    const { event, payload } = message
    if (event === events.leave) {
      this.#replyTo(message, { status: 'ok' })
      return this.end('left')
    }
    const { handleIn } = this.#definition
    if (typeof handleIn === 'function') return handleIn(event, payload, this)
    if (typeof event !== 'string' || !hasOwn(handleIn, event)) throw new NoHandler(this.topic, String(event))
    return handleIn?.[event]?.(payload, this)
  }

  #replyTo(message: ClientMessage, { status, response }: Reply): void {
    this.socket.sendReply({ joinRef: this.joinRef, ref: message.ref, topic: this.topic, status, response })
  }

  #settle(task: Task, result: HandlerResult): void {
    if (result !== undefined && this.#state === 'joined') {
      const stop = isStop(result) ? result : undefined
      const reply = stop === undefined ? result : stop.reply
      if (reply !== undefined) {
        if (task.kind !== 'in' || !isReply(reply)) throw new BadReturn(this.topic, describeTask(task))
        this.#replyTo(task.message, reply)
      }
      this.#idle()
      if (stop !== undefined) this.#stop(stop.stop)
      return
    }
    this.#idle()
  }

  #settleLater(task: Task, result: HandlerResult): void {
    try {
      this.#settle(task, result)
    } catch (error) {
      this.#fail(error)
    }
    this.#drain()
  }

  #stop(stop: StopReason): void {
    const reason = terminateReason(stop)
    if (reason === 'error') this.log.error({ err: stop, topic: this.topic }, 'channel crashed')
    this.end(reason, stop)
  }

  #fail(error: unknown): void {
    const details = { err: error, topic: this.topic }
    if (this.#state === 'joined') this.log.error(details, 'channel crashed')
    else this.log.warn(details, 'handler of an ended channel failed')
    this.#idle()
    this.end('error', error)
  }

  /** No handler runs any more. */
  #idle(): void {
    this.#busy = false
    this.#current = undefined
    this.#whenIdle?.()
    const ending = this.#ending
    if (ending === undefined) return
    this.#ending = undefined
    this.#terminate(ending.reason, ending.error)
  }

  #terminate(reason: TerminateReason, error: unknown): void {
    const { terminate } = this.#definition
    if (terminate === undefined || (reason === duplicateJoin && !this.trapExit)) {
      this.#state = 'ended'
      return
    }
    // A call of its own, so that an async terminate is followed to its end and a throw is a rejection.
    const run = async (): Promise<void> => terminate.call(this.#definition, reason, this, error)
    run()
      .catch((err: unknown) => this.log.error({ err, topic: this.topic }, 'terminate failed'))
      .finally(() => {
        this.#state = 'ended'
      })
  }

  #release(): void {
    for (const topic of this.#subscriptions ?? []) this.socket.pubsub.unsubscribe(topic, this)
    this.#subscriptions = undefined
    this.#timers?.stop()
    const waiting = this.#mailbox.filter((task) => task.kind === 'in').length
    if (waiting > 0) this.socket.messageDequeued(waiting)
    this.#mailbox = []
    this.#controller?.abort()
  }

  #canSend(): boolean {
    if (this.#state === 'joining') throw new NotJoined(this.topic)
    // What still runs of a handler when its channel has ended is not heard any more; terminate is.
    return this.#state === 'joined' || (this.#state === 'terminating' && this.#ending === undefined)
  }
}
