import type { Meter, MeteredCall, MeteredRegistry } from '../diagnostics/meter.js'
import type { HookResult, RawHookResult } from './types.js'

type Result = HookResult | RawHookResult

/** As events and counts have it: `ok`, or the reason of the error. */
export const resultOf = (result: Result): string => (result.ok ? 'ok' : result.reason)

/** Makes a call, and has it counted and timed. */
export function metered<Own extends Result>(
  meter: Meter,
  registry: MeteredRegistry,
  request: MeteredCall,
  call: () => Own | Promise<Own>
): Own | Promise<Own> {
  const begun = meter.hookBegins()
  const result = call()
  if (!(result instanceof Promise)) meter.hookEnds(begun, request, registry, resultOf(result))
  else void result.then((settled) => meter.hookEnds(begun, request, registry, resultOf(settled)))
  return result
}
