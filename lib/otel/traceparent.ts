import { isSpanContextValid, type SpanContext, TraceFlags } from '@opentelemetry/api'

const pattern = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/

/** The header `traceparent` of W3C for a span. */
export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

/** The span that a `traceparent` names; undefined where it names none. */
export function parseTraceparent(text: string): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = pattern.exec(text) ?? []
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED
  const found: SpanContext = { traceId, spanId, traceFlags, isRemote: true }
  return isSpanContextValid(found) ? found : undefined
}
