import { diagnostics } from '../diagnostics/diagnostics.js'
import type { ConnectTrace, RequestHeaders } from '../diagnostics/events.js'
import { trace } from '../diagnostics/trace.js'
import type { RefusalPlace } from '../log/refusals.js'
import type { Decision } from './admission.js'

/** Runs what decides about a connect; for where somebody listens. Whom it lets in knows of it. */
export function traceConnect(
  place: RefusalPlace,
  client: Pick<ConnectTrace, 'transport'> & { headers(): RequestHeaders },
  decide: () => Decision | Promise<Decision>
): Decision | Promise<Decision> {
  const told: ConnectTrace = {
    ...place,
    transport: client.transport,
    headers: () => client.headers()
  }
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
