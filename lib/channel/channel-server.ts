import { BadReturn, HistoryLost, MailboxFull, NotJoined } from '../errors.js'
import { guardedController } from '../guard.js'
import { excerpt } from '../log/excerpt.js'
import { events } from '../protocol/constants.js'
import type { ClientMessage, Ref } from '../protocol/message.js'
import type { Route } from '../protocol/topic.js'
import type { Delivery } from '../pubsub/delivery.js'
import { isAbortError, isThenable } from '../util/thenable.js'
import type { ChannelDefinition, HandlerResult, JoinResult, StopReason, TerminateReason } from './channel.js'
import { ChannelBase } from './channel-base.js'
import { handleTask } from './handlers.js'
import type { ChannelHost, HostedChannel } from './host.js'
import type { JoinAnswer } from './join-answer.js'
import { Mailbox, type MailboxOwner } from './mailbox.js'
import { duplicateJoin, isReply, isStop, joinResult, terminateReason } from './results.js'
import { describeTask, type Task, type WaitingMessage } from './task.js'
import { tellLeft, tellMailboxFull, tellTerminate } from './told.js'

/** What a topic is routed to. */
export type ChannelRoute = Route<ChannelDefinition>

type State = 'joining' | 'joined' | 'terminating' | 'ended'

/** One join of one topic (Phoenix.Channel.Server): its life from `join` to an end that happens exactly once. */
export class ChannelServer extends ChannelBase implements HostedChannel, MailboxOwner {
  /** What the client sent as join_ref: `phx_close` and `phx_error` have it, even where it is null. */
  readonly sentJoinRef: Ref
  /** The client has left, and its leave waits in the mailbox. */
  leaving = false
  #state: State = 'joining'
  readonly #mailbox: Mailbox
  /** Why the channel ends when nothing waits in its mailbox any more; nothing further is put into it. */
  #finishing: TerminateReason | undefined
  /** Set when the channel ends while a handler still runs; `terminate` waits for it. */
  #ending: { reason: TerminateReason; error: unknown } | undefined
  #isClientGone = false
  #controller: AbortController | undefined
  #terminated: Promise<void> | undefined
  /** The broadcast in hand, where its client counts. */
  #counted: Delivery | undefined

  constructor(socket: ChannelHost, route: ChannelRoute, message: ClientMessage) {
    super(socket, route, message)
    this.sentJoinRef = message.joinRef
    this.#mailbox = new Mailbox(this, socket)
  }

  get joined(): boolean {
    return this.#state === 'joined'
  }

  get message(): ClientMessage | undefined {
    return this.#mailbox.message
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = guardedController(this.log)
      if (this.#isClientGone || this.#isOver()) this.#controller.abort()
    }
    return this.#controller.signal
  }

  // What the socket calls.

  /** Asks the channel whether the client may join. Throws or rejects when the join crashed. */
  join(params: unknown): JoinResult | Promise<JoinResult> {
    const result = this.definition.join(params, this)
    return isThenable(result)
      ? Promise.resolve(result).then((value) => joinResult(this.topic, value))
      : joinResult(this.topic, result)
  }

  /** The join was accepted and replied to: from here on the channel is a member of its topic. `missed` comes first. */
  start({ missed, last }: Pick<JoinAnswer, 'missed' | 'last'>): void {
    this.#state = 'joined'
    this.endpoint.pubsub.subscribe(this.topic, this)
    this.feed?.start(missed, last)
    if (this.joined) this.#mailbox.open()
  }

  /** The join was refused or crashed: gives back what `join` took, without `terminate`. */
  abandon(): void {
    this.#state = 'ended'
    this.endpoint.pubsub.unsubscribe(this.topic, this)
    this.#release()
  }

  /** Nobody waits for answers any more: what runs, the join too, may look at the signal and give up. */
  clientGone(): void {
    this.#isClientGone = true
    this.session?.clientGone()
    this.#controller?.abort()
  }

  /** Handles a message of the client when it is its turn; `frame` is what it came in. */
  receive(message: ClientMessage, frame: Buffer, isBinary: boolean): void {
    this.#mailbox.receive(message, frame, isBinary)
  }

  /** Resolves when no handler runs, none is to run, and the channel's own `drain` is through; never rejects. */
  async finished(): Promise<void> {
    if (!this.#mailbox.isEmpty) await new Promise<void>((resolve) => this.#mailbox.whenEmpty(resolve))
    try {
      await this.definition.drain?.(this)
    } catch (err) {
      this.log.error({ err, topic: excerpt(this.topic) }, 'drain failed')
    }
  }

  /** Whether a handler runs, or one is to run. */
  get isBusy(): boolean {
    return !this.#mailbox.isEmpty
  }

  /** How many messages wait for a handler. */
  get waiting(): number {
    return this.#mailbox.length
  }

  /** Resolves when an async `terminate` is through; undefined where there is nothing to wait for. */
  get terminated(): Promise<void> | undefined {
    return this.#terminated
  }

  /**
   * Handles what has come so far, and then ends. Nothing further is heard or put into the mailbox: to a process it
   * would come behind the message that ends it.
   */
  finish(reason: TerminateReason): void {
    if (this.#finishing !== undefined) return
    this.feed?.finish(reason !== duplicateJoin)
    if (this.#isOver()) return
    if (this.#mailbox.isEmpty) return this.end(reason)
    this.#finishing = reason
    // Whose client joins anew still hears what goes to all members.
    if (reason !== duplicateJoin) this.endpoint.pubsub.unsubscribe(this.topic, this)
    this.stopListening()
    this.#mailbox.whenEmpty(() => this.end(reason))
  }

  /** Whether it takes no more, and handles what has come. */
  get isFinishing(): boolean {
    return this.#finishing !== undefined
  }

  /** Ends a channel that takes too long to {@link finish}: what waits is not handled. */
  cutShort(): void {
    if (this.#finishing !== undefined) this.end(this.#finishing)
  }

  /** Ends a channel for which its client will not wait: its handler is not heard any more, and there is no `terminate`. */
  kill(): void {
    this.#finishing = undefined
    this.trapExit = false
    this.end(duplicateJoin)
  }

  /** Ends the channel: the client is told at once, `terminate` runs when no handler runs any more. */
  end(reason: TerminateReason, error?: unknown): void {
    if (this.#isOver()) return
    this.#state = 'terminating'
    this.endpoint.pubsub.unsubscribe(this.topic, this)
    this.#release()
    const { isBusy } = this.#mailbox
    // Phoenix tells of a failure when the process is down, behind `terminate`; of a clean end ahead of it.
    const terminatesFirst = reason === 'error'
    if (isBusy) this.#ending = { reason, error }
    else if (terminatesFirst) this.#terminate(reason, error)
    this.socket.channelEnded(this, reason)
    tellLeft(this, reason)
    if (!isBusy && !terminatesFirst) this.#terminate(reason, error)
  }

  #isOver(): boolean {
    return this.#state === 'terminating' || this.#state === 'ended'
  }

  protected takesMore(): boolean {
    return !this.#isOver() && this.#finishing === undefined
  }

  protected enqueue(task: Task): void {
    // A feed hands on what came ahead of the end, and nothing else.
    const cameEarly = task.kind === 'out' && task.counted !== undefined && !this.#isOver()
    if (cameEarly || this.takesMore()) this.#mailbox.post(task)
  }

  // What the mailbox calls.

  unwrap({ head, frame, isBinary }: WaitingMessage): ClientMessage {
    return { ...head, payload: this.socket.serializer.decode(frame, isBinary).payload }
  }

  handle(task: Task): HandlerResult | Promise<HandlerResult> {
    this.#counted = task.kind === 'out' ? task.counted : undefined
    if (task.kind !== 'in' || task.message.event !== events.leave) {
      return handleTask(task, this.definition, this)
    }
    this.replyTo(task.message, { status: 'ok' })
    this.end('left')
  }

  settle(task: Task, result: HandlerResult): StopReason | undefined {
    if (result === undefined || this.#state !== 'joined') return undefined
    const stop = isStop(result) ? result : undefined
    const reply = stop === undefined ? result : stop.reply
    if (reply !== undefined) {
      if (task.kind !== 'in' || !isReply(reply)) throw new BadReturn(this.topic, describeTask(task))
      this.replyTo(task.message, reply)
    }
    return stop?.stop
  }

  /** What failed is not handled anew either: it might fail for ever. */
  #tellCounted(): void {
    const counted = this.#counted
    this.#counted = undefined
    if (counted !== undefined) this.feed?.handled(counted)
  }

  turnOver(stop?: StopReason): void {
    this.#tellCounted()
    const ending = this.#ending
    this.#ending = undefined
    if (ending !== undefined) this.#terminate(ending.reason, ending.error)
    if (stop !== undefined) this.#stop(stop)
  }

  failed(error: unknown): void {
    this.#tellCounted()
    if (this.#state === 'joined' && !this.#hasGivenUp(error)) return this.crash(error)
    this.log.warn({ err: error, topic: excerpt(this.topic) }, 'handler of an ended channel failed')
    this.turnOver()
  }

  /** Whether a handler let itself be aborted because its client has gone: that is no failure. */
  #hasGivenUp(error: unknown): boolean {
    return this.#finishing !== undefined && isAbortError(error)
  }

  /** Going on without what did not fit would lose it silently. */
  overflowed(): void {
    this.endpoint.stats.mailboxesFull++
    tellMailboxFull(this)
    this.crash(new MailboxFull(this.topic))
  }

  /** Its client joins anew, and is told what is missing. */
  lost(): void {
    const problem = new HistoryLost(excerpt(this.topic))
    if (this.#state === 'joining') this.failJoin(problem)
    else this.end('error', problem)
  }

  #stop(stop: StopReason): void {
    const reason = terminateReason(stop)
    if (reason === 'error') this.crash(stop)
    else this.end(reason, stop)
  }

  crash(error: unknown): void {
    if (this.#isOver()) return
    if (this.#state === 'joining') return this.failJoin(error)
    this.log.error({ err: error, topic: excerpt(this.topic) }, 'channel crashed')
    this.end('error', error)
  }

  #terminate(reason: TerminateReason, error: unknown): void {
    const { terminate } = this.definition
    if (terminate === undefined || (reason === duplicateJoin && !this.trapExit)) {
      this.#state = 'ended'
      return
    }
    // A call of its own, so that an async terminate is followed to its end and a throw is a rejection.
    this.#terminated = tellTerminate(this, async () => terminate.call(this.definition, reason, this, error))
      .catch((err: unknown) => this.log.error({ err, topic: excerpt(this.topic) }, 'terminate failed'))
      .finally(() => {
        this.#state = 'ended'
      })
  }

  #release(): void {
    this.stopListening()
    this.feed?.end()
    this.#mailbox.close()
    this.session?.end()
    this.#controller?.abort()
  }

  protected canSend(): boolean {
    if (this.#state === 'joining') throw new NotJoined(this.topic)
    // What still runs of a handler when its channel has ended is not heard any more, unless its client just went;
    // terminate is.
    if (this.#state === 'terminating') return this.#ending === undefined || this.#finishing !== undefined
    return this.#state === 'joined'
  }
}
