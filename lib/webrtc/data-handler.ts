import { diagnostics } from '../diagnostics/diagnostics.js'
import type { DiagnosticChannel } from '../diagnostics/events.js'
import { traceOther } from '../diagnostics/trace-other.js'
import { excerpt } from '../log/excerpt.js'
import type { Logger } from '../util/logger.js'
import { isThenable } from '../util/thenable.js'

/** Gets what arrives on every label but `events`. */
export type DataHandler = (label: string, data: string | Buffer) => void | Promise<void>

/** Hands data to the application, whose errors are its own: they are logged and end nothing. */
export function deliverData(onData: DataHandler, label: string, data: string | Buffer, log: Logger): void {
  const failed = (err: unknown) => log.error({ err, label }, 'the handler of DataChannel data failed')
  try {
    const handled = onData(label, data)
    if (handled !== undefined && isThenable(handled)) Promise.resolve(handled).catch(failed)
  } catch (err) {
    failed(err)
  }
}

/** Tells of each call, where somebody listens. */
export function tracedData(channel: DiagnosticChannel, onData: DataHandler): DataHandler {
  return (label, data) => {
    if (!diagnostics.handler.hasSubscribers) return onData(label, data)
    return traceOther(channel, 'onData', excerpt(label), () => onData(label, data))
  }
}
