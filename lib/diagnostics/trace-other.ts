import { diagnostics } from './diagnostics.js'
import type { DiagnosticChannel, HandlerTrace } from './events.js'
import { trace } from './trace.js'

const handled = (): 'ok' => 'ok'

/** Runs code of the application for a channel that no event of its client calls; for where somebody listens. */
export function traceOther<Value>(
  { socket, topic, pattern, joinTrace: join }: DiagnosticChannel,
  handler: HandlerTrace['handler'],
  name: string | undefined,
  code: () => Value | PromiseLike<Value>,
  origin?: HandlerTrace['origin']
): Value | Promise<Value> {
  const told: HandlerTrace = { socket, topic, pattern, handler, name, join, origin }
  return trace(diagnostics.handler, told, code, handled, 'crashed')
}
