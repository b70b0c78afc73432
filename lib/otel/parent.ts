import { type Context, context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import type { ConnectTrace, HookTrace } from '../diagnostics/events.js'
import { parseTraceparent } from './traceparent.js'

/** Whether the context has a span of this process: what begins there is part of something. */
export function isWithinSpan(parent: Context): boolean {
  const span = trace.getSpanContext(parent)
  return span !== undefined && span.isRemote !== true
}

/**
 * What a connect belongs to: the span of its request, where something has made one that is active, else what the
 * client's headers name, as the propagator of the application reads them, or W3C's where it has none.
 */
export function parentOfConnect({ headers }: ConnectTrace): Context {
  const active = context.active()
  if (trace.getSpan(active) !== undefined || headers === undefined) return active
  if (propagation.fields().length > 0) return propagation.extract(active, headers())
  const { traceparent } = headers()
  const remote = typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined
  return remote === undefined ? active : trace.setSpanContext(active, remote)
}

/** A call over the channel is part of the event that it came as; one over a DataChannel has come by itself. */
export function parentOfHook({ transport }: HookTrace): Context {
  return transport === 'datachannel' ? ROOT_CONTEXT : context.active()
}
