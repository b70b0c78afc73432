import { diagnostics } from '../diagnostics/diagnostics.js'
import type { DiagnosticChannel, HandleInTrace } from '../diagnostics/events.js'
import type { Meter, Meters } from '../diagnostics/meter.js'
import { trace } from '../diagnostics/trace.js'
import { traceOther } from '../diagnostics/trace-other.js'
import { isThenable } from '../util/thenable.js'
import type { HandlerResult, TerminateReason } from './channel.js'
import { isReply, isStop, terminateReason } from './results.js'

/** One whose handlers may be counted. */
export interface MeteredChannel extends DiagnosticChannel {
  readonly endpoint: { readonly meters: Meters }
}

export function tellLeft({ socket, topic, pattern }: DiagnosticChannel, reason: TerminateReason): void {
  const { left } = diagnostics
  if (left.hasSubscribers) left.publish({ socket, topic, pattern, reason })
}

export function tellMailboxFull({ socket, topic, pattern }: DiagnosticChannel): void {
  const { mailboxFull } = diagnostics
  if (mailboxFull.hasSubscribers) mailboxFull.publish({ socket, topic, pattern })
}

/** Runs `terminate`. */
export function tellTerminate(channel: DiagnosticChannel, run: () => Promise<void>): Promise<void> {
  if (!diagnostics.handler.hasSubscribers) return run()
  return Promise.resolve(traceOther(channel, 'terminate', undefined, run))
}

/** Runs the handler of an event of the client; for where somebody listens. */
export function traceHandler(
  { socket, topic, pattern, joinTrace: join }: DiagnosticChannel,
  event: string,
  handler: () => HandlerResult | Promise<HandlerResult>
): HandlerResult | Promise<HandlerResult> {
  const told: HandleInTrace = { socket, topic, pattern, event, join }
  return trace(diagnostics.handleIn, told, handler, resultOf, 'crashed')
}

/** Runs it, and has it counted and timed. */
export function meterHandler(
  meter: Meter,
  { pattern }: DiagnosticChannel,
  handler: () => HandlerResult | Promise<HandlerResult>
): HandlerResult | Promise<HandlerResult> {
  const begun = meter.handlerBegins()
  let value: HandlerResult | Promise<HandlerResult>
  try {
    value = handler()
  } catch (err) {
    meter.handlerReturns(begun, pattern, 'crashed')
    throw err
  }
  if (!isThenable(value)) {
    meter.handlerReturns(begun, pattern, resultOf(value))
    return value
  }
  meter.handlerReturns(begun, pattern, undefined)
  return Promise.resolve(value).then(
    (settled) => {
      meter.handlerSettles(begun, pattern, resultOf(settled) ?? 'ok')
      return settled
    },
    (err: unknown) => {
      meter.handlerSettles(begun, pattern, 'crashed')
      throw err
    }
  )
}

/** What the channel will make of it: it crashes for what is neither a reply nor an end in order. */
function resultOf(value: HandlerResult): HandleInTrace['result'] {
  if (value === undefined) return 'ok'
  if (isStop(value)) return terminateReason(value.stop) === 'error' ? 'crashed' : resultOf(value.reply)
  if (!isReply(value)) return 'crashed'
  return value.status === 'error' ? 'error' : 'ok'
}
