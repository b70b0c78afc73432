import { type Span, SpanStatusCode } from '@opentelemetry/api'
import type { Trace } from '../diagnostics/events.js'
import { excerpt } from '../log/excerpt.js'
import { attributes } from './attributes.js'

/** Results that are the server's fault, whether or not something was thrown. */
const faults = new Set(['crashed', 'failed'])

/** Ends a span with what came of what it is about. That a client was refused something is no error. */
export function endSpan(span: Span, { result, error }: Trace): void {
  if (span.isRecording()) {
    if (result !== undefined) span.setAttribute(attributes.result, excerpt(result))
    if (error !== undefined) recordError(span, error)
    else if (result !== undefined && faults.has(result)) {
      span.setAttribute(attributes.errorType, result)
      span.setStatus({ code: SpanStatusCode.ERROR })
    }
  }
  span.end()
}

function recordError(span: Span, error: unknown): void {
  const exception = error instanceof Error ? error : new Error(excerpt(error))
  const code: unknown = Reflect.get(exception, 'code')
  span.recordException(exception)
  span.setAttribute(attributes.errorType, typeof code === 'string' ? code : exception.name)
  span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message })
}
