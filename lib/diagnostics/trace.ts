import type { TracingChannel } from 'node:diagnostics_channel'
import { isThenable } from '../util/thenable.js'
import type { Trace } from './events.js'

/**
 * Runs code within a trace: `start` and `end` around it, and where it gives a promise `asyncStart` and `asyncEnd` when
 * that is settled; `error` ahead of them where something was thrown. What is bound to `start` is there while the code
 * runs, within the message's `within`. Code that is at once over stays so, and gets back what it returned. Only for
 * channels with subscribers.
 *
 * @param resultOf what came of it
 * @param failure what came of it where it throws or rejects
 */
export function trace<Message extends Trace & object, Value>(
  channels: TracingChannel<unknown, Message>,
  message: Message,
  code: () => Value | PromiseLike<Value>,
  resultOf: (value: Value) => Message['result'],
  failure: Message['result']
): Value | Promise<Value> {
  const open = new OpenTrace(channels, message, failure)
  return open.run(() => {
    const value = code()
    if (!isThenable(value)) {
      open.over(resultOf(value))
      return value
    }
    return Promise.resolve(value).then(
      (settled) => {
        open.over(resultOf(settled))
        return settled
      },
      (err: unknown) => {
        open.failed(err)
        throw err
      }
    )
  })
}

/** A trace of what tells by a call that it is over, within {@link run} or later. */
export class OpenTrace<Message extends Trace & object> {
  readonly #channels: TracingChannel<unknown, Message>
  readonly message: Message
  readonly #failure: Message['result']
  #isRunning = false
  #isOver = false

  /** `failure` is what came of it where it failed. */
  constructor(channels: TracingChannel<unknown, Message>, message: Message, failure: Message['result']) {
    this.#channels = channels
    this.message = message
    this.#failure = failure
  }

  /** Runs the code that begins it; it has failed where that throws. */
  run<Value>(code: () => Value): Value {
    return this.#channels.start.runStores(this.message, () => {
      this.#isRunning = true
      try {
        const { within } = this.message
        return within === undefined ? code() : within(code)
      } catch (err) {
        this.failed(err)
        throw err
      } finally {
        this.#isRunning = false
        this.message.isAsync = !this.#isOver
        this.#channels.end.publish(this.message)
      }
    })
  }

  /** It has come to its end; what is told after that is not heard. */
  over(result: Message['result']): void {
    this.#end(result, this.message.error !== undefined)
  }

  /** It has failed; see {@link over}. */
  failed(error: unknown): void {
    if (this.#isOver) return
    this.message.error = error
    this.#end(this.#failure, true)
  }

  #end(result: Message['result'], hasError: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    const { asyncStart, asyncEnd, error } = this.#channels
    this.message.result = result
    if (hasError) error.publish(this.message)
    if (this.#isRunning) return
    asyncStart.publish(this.message)
    asyncEnd.publish(this.message)
  }
}
