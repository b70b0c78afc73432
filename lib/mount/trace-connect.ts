import { diagnostics } from '../diagnostics/diagnostics.js'
import type { ConnectTrace } from '../diagnostics/events.js'
import { trace } from '../diagnostics/trace.js'
import type { RefusalPlace } from '../log/refusals.js'
import type { Decision } from './admission.js'

/** Runs what decides about a connect; for where somebody listens. Whom it lets in knows of it. */
export function traceConnect(
  place: RefusalPlace,
  { transport, headers }: Pick<ConnectTrace, 'transport' | 'headers'>,
  decide: () => Decision | Promise<Decision>
): Decision | Promise<Decision> {
  const told: ConnectTrace = { ...place, transport, headers }
  const resultOf = (decision: Decision): ConnectTrace['result'] => {
    if ('refusal' in decision) return 'refused'
    decision.admission.connect = told
    return 'ok'
  }
  const decideNow = (): Decision | Promise<Decision> => {
    told.headers = undefined
    return decide()
  }
  return trace(diagnostics.connect, told, decideNow, resultOf, 'failed')
}
