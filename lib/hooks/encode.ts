import type { Hook, TypedHook } from './compile.js'
import type { HookResult, RawHookResult } from './types.js'

/** Puts what a hook returned into the form that its caller takes; throws when it cannot. */
export type Encode<AnyHook extends Hook, Result> = (hook: AnyHook, reply: unknown) => Result

export const encodeJson: Encode<Hook, HookResult> = (hook, reply) => ({ ok: true, json: hook.encode(reply) })
export const encodeRaw: Encode<TypedHook, RawHookResult> = ({ messages }, reply) => ({
  ok: true,
  raw: messages.encodeReply(reply)
})
