import { type Backlog, keptFrame } from '../limits/backlog.js'
import { memoryOf } from '../limits/memory-of.js'
import type { Turns } from '../limits/turns.js'
import type { ClientMessage } from '../protocol/message.js'
import { Queue } from '../util/queue.js'
import { isThenable } from '../util/thenable.js'
import type { HandlerResult, StopReason } from './channel.js'
import type { Task, WaitingMessage } from './task.js'

/** Whose tasks they are: what a mailbox asks of its channel. */
export interface MailboxOwner {
  /** Takes the payload of a message out of the frame that it waited in. May throw. */
  unwrap(waiting: WaitingMessage): ClientMessage
  /** Handles a task, to its end when that is a promise. May throw or reject. */
  handle(task: Task): HandlerResult | Promise<HandlerResult>
  /** Acts on what the handler returned; the reason to stop, if there is one. What it throws is the handler's failure. */
  settle(task: Task, result: HandlerResult): StopReason | undefined
  /** The handler is through, and no other runs. */
  turnOver(stop: StopReason | undefined): void
  /** The handler failed, and no other runs. */
  failed(error: unknown): void
  /** More came than may wait: it was not taken. */
  overflowed(): void
}

/** What all mailboxes of a socket share. */
export interface MailboxContext {
  readonly backlog: Backlog
  readonly turns: Turns
  /** How many tasks may wait in one mailbox; 0 is no limit. */
  readonly mailboxLimit: number
}

/**
 * What one channel has to handle: one task at a time, in the order in which they came. A handler that
 * hangs must not cost all memory, so only so much may wait; the mailboxes of processes have no end.
 */
export class Mailbox {
  readonly #owner: MailboxOwner
  readonly #context: MailboxContext
  /** Most never have anything that waits. */
  #tasks: Queue<Task | WaitingMessage> | undefined
  #inHand: Task | undefined
  /** Memory that its message takes, while it waits for something. */
  #inHandBytes = 0
  #isOpen = false
  #overflowed = false
  #drainScheduled = false
  #whenEmpty: (() => void)[] | undefined

  constructor(owner: MailboxOwner, context: MailboxContext) {
    this.#owner = owner
    this.#context = context
  }

  /** Whether a handler runs. */
  get isBusy(): boolean {
    return this.#inHand !== undefined
  }

  /** Whether no handler runs, and none is to run. */
  get isEmpty(): boolean {
    return !this.isBusy && this.length === 0
  }

  /** How many tasks wait. */
  get length(): number {
    return this.#tasks === undefined ? 0 : this.#tasks.length
  }

  /** The client's message that is being handled. */
  get message(): ClientMessage | undefined {
    return this.#inHand?.kind === 'in' ? this.#inHand.message : undefined
  }

  /** Starts to handle what waits. */
  open(): void {
    this.#isOpen = true
    if (this.#overflowed) this.#owner.overflowed()
    else this.#drain()
  }

  /** Forgets what waits, and handles nothing more; the handler that runs may come to its end. */
  close(): void {
    this.#isOpen = false
    for (const task of this.#tasks?.clear() ?? []) this.#giveBack(task)
  }

  /** Handles a message of the client: at once when it is its turn, else later out of its frame. */
  receive(message: ClientMessage, frame: Buffer, isBinary: boolean): void {
    if (this.isEmpty && this.#isOpen) {
      this.#run({ kind: 'in', message })
      this.#drain()
    } else {
      const head = { ...message, payload: undefined }
      this.#push({ kind: 'waiting', head, frame: keptFrame(frame), isBinary })
    }
  }

  /** Handles a task later: whoever broadcasts or defers finishes first, as with a message to another process. */
  post(task: Task): void {
    if (!this.#push(task) || this.isBusy || this.#drainScheduled || !this.#isOpen) return
    this.#drainScheduled = true
    queueMicrotask(() => this.#scheduled())
  }

  /** Calls back once, when {@link isEmpty}; not before the mailbox was opened. */
  whenEmpty(callback: () => void): void {
    this.#whenEmpty ??= []
    this.#whenEmpty.push(callback)
    this.#tellWhenEmpty()
  }

  #push(task: Task | WaitingMessage): boolean {
    const { mailboxLimit } = this.#context
    const fits = mailboxLimit === 0 || this.length < mailboxLimit
    if (fits && this.#context.backlog.add(bytesOf(task), task.kind === 'waiting' ? 1 : 0)) {
      this.#tasks ??= new Queue()
      this.#tasks.push(task)
      return true
    }
    this.#overflowed = true
    if (this.#isOpen) this.#owner.overflowed()
    return false
  }

  #giveBack(task: Task | WaitingMessage): void {
    this.#context.backlog.remove(bytesOf(task), task.kind === 'waiting' ? 1 : 0)
  }

  #scheduled(): void {
    this.#drainScheduled = false
    this.#drain()
  }

  /** Goes on for as long as the turn of the event loop has room for it: others want theirs. */
  #drain(): void {
    while (!this.isBusy && this.#isOpen && this.length > 0) {
      if (this.#context.turns.isSpent) return this.#drainLater()
      const task = this.#tasks?.shift() as Task | WaitingMessage
      this.#giveBack(task)
      if (task.kind === 'waiting') this.#unwrap(task)
      else this.#run(task)
    }
    this.#tellWhenEmpty()
  }

  #drainLater(): void {
    if (this.#drainScheduled) return
    this.#drainScheduled = true
    this.#context.turns.later(() => this.#scheduled())
  }

  #tellWhenEmpty(): void {
    if (this.#whenEmpty === undefined || !this.isEmpty) return
    const callbacks = this.#whenEmpty
    this.#whenEmpty = undefined
    for (const callback of callbacks) callback()
  }

  #unwrap(waiting: WaitingMessage): void {
    let message: ClientMessage
    try {
      message = this.#owner.unwrap(waiting)
    } catch (error) {
      return this.#owner.failed(error)
    }
    this.#run({ kind: 'in', message })
  }

  #run(task: Task): void {
    this.#inHand = task
    const bytes = task.kind === 'in' ? memoryOf(task.message.payload, task.message.bytes) : 0
    try {
      const result = this.#owner.handle(task)
      if (isThenable(result)) {
        this.#inHandBytes = bytes
        if (bytes > 0) this.#context.backlog.beginHandling(bytes)
        Promise.resolve(result).then(
          (value) => this.#settleLater(task, value),
          (error: unknown) => this.#failLater(error)
        )
        return
      }
      this.#settle(task, result)
    } catch (error) {
      this.#fail(error)
    }
  }

  #settle(task: Task, result: HandlerResult): void {
    const stop = this.#owner.settle(task, result)
    this.#letGo()
    this.#owner.turnOver(stop)
  }

  #settleLater(task: Task, result: HandlerResult): void {
    try {
      this.#settle(task, result)
    } catch (error) {
      this.#fail(error)
    }
    this.#drain()
  }

  #failLater(error: unknown): void {
    this.#fail(error)
    this.#drain()
  }

  #fail(error: unknown): void {
    this.#letGo()
    this.#owner.failed(error)
  }

  #letGo(): void {
    this.#inHand = undefined
    const bytes = this.#inHandBytes
    this.#inHandBytes = 0
    if (bytes > 0) this.#context.backlog.endHandling(bytes)
  }
}

function bytesOf(task: Task | WaitingMessage): number {
  if (task.kind === 'waiting') return task.frame.length
  return task.kind === 'in' || task.kind === 'call' ? 0 : task.bytes
}
