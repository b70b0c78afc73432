import { diagnostics } from '../diagnostics/diagnostics.js'
import type { HookTrace } from '../diagnostics/events.js'
import type { MeteredCall } from '../diagnostics/meter.js'
import { trace } from '../diagnostics/trace.js'
import { excerpt } from '../log/excerpt.js'
import { metered, resultOf } from './metered.js'
import type { HookRegistry } from './registry.js'
import { failures } from './results.js'
import type { HookCaller, HookResult, RawHookResult } from './types.js'

/** Whether calls are counted or told: where neither is so, nothing is made for it. */
export function isObserved(caller: HookCaller): boolean {
  return caller.meters?.current !== undefined || diagnostics.hook.hasSubscribers
}

/** Makes a call that is counted, or told, or both. */
export function observed<Result extends HookResult | RawHookResult>(
  caller: HookCaller,
  registry: HookRegistry,
  request: MeteredCall,
  code: (told?: HookTrace) => Result | Promise<Result>
): Result | Promise<Result> {
  const meter = caller.meters?.current
  const call = diagnostics.hook.hasSubscribers ? () => traced(caller, registry, request, code) : code
  return meter === undefined ? call() : metered(meter, registry, request, call)
}

function traced<Result extends HookResult | RawHookResult>(
  { socket, userId, topic, joinTrace: join }: HookCaller,
  registry: HookRegistry,
  { hookPlugin, fn, transport }: MeteredCall,
  code: (told: HookTrace) => Result | Promise<Result>
): Result | Promise<Result> {
  const isKnown = registry.find(hookPlugin, fn) !== undefined
  const [plugin, name] = isKnown ? [hookPlugin, fn] : [excerpt(hookPlugin), excerpt(fn)]
  const told: HookTrace = { socket, userId, topic, transport, hookPlugin: plugin, fn: name, isKnown, join }
  return trace(diagnostics.hook, told, () => code(told), resultOf, failures.internalError.reason)
}
