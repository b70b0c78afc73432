import type { HookResult } from '../hooks/types.js'

/** A hook call as it stood in a message; nothing of it is trusted. */
export interface RpcCall {
  hookPlugin: string
  fn: string
  args: unknown
  /** What the caller wants to find in the reply, as JSON text; without it the order tells replies apart. */
  id: string | undefined
}

/**
 * Reads `{"type":"call_hook","plugin","fn","args","id"}`. Undefined for everything else: what is
 * no JSON, another type, and a call whose plugin or fn is no string, since nobody could tell whose
 * answer an answer to it is. An `id` that is neither a string nor a number JSON can hold is none.
 */
export function decodeCall(text: string): RpcCall | undefined {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof message !== 'object' || message === null) return undefined
  const { type, plugin, fn, args, id } = message as Record<string, unknown>
  if (type !== 'call_hook' || typeof plugin !== 'string' || typeof fn !== 'string') return undefined
  return { hookPlugin: plugin, fn, args, id: isId(id) ? JSON.stringify(id) : undefined }
}

/** Writes `hook_reply` or `hook_error` around the JSON text that the hook's result already is. */
export function encodeReply(call: RpcCall, result: HookResult): string {
  const id = call.id === undefined ? '' : `,"id":${call.id}`
  const names = `"plugin":${JSON.stringify(call.hookPlugin)},"fn":${JSON.stringify(call.fn)}${id}`
  return result.ok
    ? `{"type":"hook_reply",${names},"data":${result.json}}`
    : `{"type":"hook_error",${names},"error":${JSON.stringify(result.reason)}}`
}

function isId(value: unknown): value is string | number {
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))
}
