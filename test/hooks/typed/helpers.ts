import { defineHooks } from '../../../lib/hooks/define.js'
import type { HookFunction, HookResult, RawHookResult } from '../../../lib/hooks/types.js'
import type { Limits } from '../../../lib/limits/limits.js'
import { request, world } from '../helpers.js'

/** Alice, joined, with the typed hook `run` of these messages, which tells what it was given. */
export function typedWorld(proto: string, run: HookFunction, limits: Partial<Limits> = {}) {
  const seen: unknown[] = []
  const plugin = defineHooks(
    'demo',
    {
      run(call, ...args) {
        seen.push(...args)
        return run(call, ...args)
      }
    },
    { proto }
  )
  const { session, log, caller, clock } = world([plugin], limits)
  const callJson = (args?: unknown) => session.call(request('demo', 'run', args)) as HookResult
  const callRaw = (raw: Uint8Array, fn = 'run', hookPlugin = 'demo') =>
    session.callRaw({ hookPlugin, fn, raw, transport: 'datachannel' }) as RawHookResult
  return { session, log, caller, clock, callJson, callRaw, seen }
}

/** A proto text whose `run` takes and answers these fields. */
export function protoOf(fields: string, more = ''): string {
  return `syntax = "proto3"; message RunRequest { ${fields} } message RunReply { ${fields} } ${more}`
}
