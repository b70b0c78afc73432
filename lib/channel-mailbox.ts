import type { HandlerResult, StopReason } from './channel.js'
import type { Task } from './channel-task.js'
import type { ClientMessage } from './message.js'
import { isThenable } from './thenable.js'

/** Whose tasks they are: what a mailbox asks of its channel. */
export interface MailboxOwner {
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

/** Who is told how many messages of the client wait, and stops reading when they are too many. */
export interface MailboxReader {
  messageQueued(): void
  messageDequeued(count: number): void
}

/**
 * What one channel has to handle: one task at a time, in the order in which they came. A handler that
 * hangs must not cost all memory, so only so many may wait; the mailboxes of processes have no end.
 */
export class Mailbox {
  readonly #owner: MailboxOwner
  readonly #reader: MailboxReader
  readonly #limit: number
  #tasks: Task[] = []
  #inHand: Task | undefined
  #isOpen = false
  #overflowed = false
  #drainScheduled = false
  #whenIdle: (() => void) | undefined

  /** `limit` is how many tasks may wait; 0 is no limit. */
  constructor(owner: MailboxOwner, reader: MailboxReader, limit: number) {
    this.#owner = owner
    this.#reader = reader
    this.#limit = limit
  }

  /** Whether a handler runs. */
  get isBusy(): boolean {
    return this.#inHand !== undefined
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
    const messages = this.#tasks.filter(({ kind }) => kind === 'in').length
    this.#tasks = []
    if (messages > 0) this.#reader.messageDequeued(messages)
  }

  /** Handles a message of the client: at once when it is its turn. */
  receive(message: ClientMessage): void {
    const task: Task = { kind: 'in', message }
    if (!this.isBusy && this.#tasks.length === 0 && this.#isOpen) {
      this.#run(task)
      this.#drain()
    } else if (this.#push(task)) {
      this.#reader.messageQueued()
    }
  }

  /** Handles a task later: whoever broadcasts or defers finishes first, as with a message to another process. */
  post(task: Task): void {
    if (!this.#push(task) || this.isBusy || this.#drainScheduled || !this.#isOpen) return
    this.#drainScheduled = true
    queueMicrotask(() => {
      this.#drainScheduled = false
      this.#drain()
    })
  }

  /** Resolves when no handler runs. */
  async idle(): Promise<void> {
    if (!this.isBusy) return
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve
    })
  }

  #push(task: Task): boolean {
    if (this.#limit === 0 || this.#tasks.length < this.#limit) {
      this.#tasks.push(task)
      return true
    }
    this.#overflowed = true
    if (this.#isOpen) this.#owner.overflowed()
    return false
  }

  #drain(): void {
    while (!this.isBusy && this.#isOpen) {
      const task = this.#tasks.shift()
      if (task === undefined) return
      if (task.kind === 'in') this.#reader.messageDequeued(1)
      this.#run(task)
    }
  }

  #run(task: Task): void {
    this.#inHand = task
    try {
      const result = this.#owner.handle(task)
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

  #settle(task: Task, result: HandlerResult): void {
    const stop = this.#owner.settle(task, result)
    this.#endTurn()
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

  #fail(error: unknown): void {
    this.#endTurn()
    this.#owner.failed(error)
  }

  #endTurn(): void {
    this.#inHand = undefined
    this.#whenIdle?.()
  }
}
