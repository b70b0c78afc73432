import { diagnostics } from '../diagnostics/diagnostics.js'
import type { DiagnosticChannel, HandleInTrace } from '../diagnostics/events.js'
import { trace } from '../diagnostics/trace.js'
import type { HandlerResult, TerminateReason } from './channel.js'
import { isReply, isStop, terminateReason } from './results.js'

export function tellLeft({ socket, topic, pattern }: DiagnosticChannel, reason: TerminateReason): void {
  const { left } = diagnostics
  if (left.hasSubscribers) left.publish({ socket, topic, pattern, reason })
}

export function tellMailboxFull({ socket, topic, pattern }: DiagnosticChannel): void {
  const { mailboxFull } = diagnostics
  if (mailboxFull.hasSubscribers) mailboxFull.publish({ socket, topic, pattern })
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

/** What the channel will make of it: it crashes for what is neither a reply nor an end in order. */
function resultOf(value: HandlerResult): HandleInTrace['result'] {
  if (value === undefined) return 'ok'
  if (isStop(value)) return terminateReason(value.stop) === 'error' ? 'crashed' : resultOf(value.reply)
  if (!isReply(value)) return 'crashed'
  return value.status === 'error' ? 'error' : 'ok'
}
