import type { TracingChannel } from 'node:diagnostics_channel'
import { isThenable } from '../util/thenable.js'
import type { Trace } from './events.js'

/**
 * Runs code within a trace: `start` and `end` around it, and where it gives a promise `asyncEnd` when that is settled;
 * `error` ahead of the end where it fails. What is bound to `start` is there while it runs. Code that is at once over
 * stays so, and gets back what it returned. Only for channels with subscribers.
 *
 * @param resultOf what came of it
 */
export function trace<Message extends Trace & object, Value>(
  channels: TracingChannel<unknown, Message>,
  message: Message,
  code: () => Value | PromiseLike<Value>,
  resultOf: (value: Value) => Message['result']
): Value | Promise<Value> {
  const failed = (err: unknown): never => {
    message.error = err
    message.result ??= resultOfFailure
    channels.error.publish(message as Message & { error: unknown })
    throw err
  }
  return channels.start.runStores(message, () => {
    try {
      const value = code()
      if (!isThenable(value)) {
        message.result = resultOf(value)
        return value
      }
      message.isAsync = true
      return Promise.resolve(value)
        .then((settled) => {
          message.result = resultOf(settled)
          return settled
        }, failed)
        .finally(() => channels.asyncEnd.publish(message as never))
    } catch (err) {
      return failed(err)
    } finally {
      channels.end.publish(message as never)
    }
  })
}

const resultOfFailure = 'failed'
