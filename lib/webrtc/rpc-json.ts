import { isUtf8 } from 'node:buffer'
import type { HookResult } from '../hooks/types.js'
import { stringify } from '../protocol/serializer/json.js'
import { textProblem } from '../protocol/serializer/json-text-check.js'
import type { RpcCall, RpcCodec } from './rpc-codec.js'

/** A hook call out of a message of JSON. */
export interface JsonCall extends RpcCall {
  readonly args: unknown
  /** What the caller wants to find in the reply, as JSON text; without it the order tells replies apart. */
  readonly id: string | undefined
  /** Of a call that is to run once. */
  readonly key: unknown
}

/**
 * Hook calls as JSON, the format of every DataChannel that names no other. Calls may come in binary
 * messages, too, since Godot's clients send no others; answers are text.
 */
export const jsonCodec: RpcCodec<JsonCall, HookResult> = {
  decode(message) {
    if (typeof message === 'string') return decodeCall(message)
    return isUtf8(message) ? decodeCall(message.toString()) : undefined
  },
  run: (hooks, { hookPlugin, fn, args, key }, bytes, transport) =>
    hooks.call({ hookPlugin, fn, args, bytes, transport, key }),
  encode: encodeReply,
  lineOf: (call) => (call.id === undefined ? functionKey(call) : undefined)
}

/**
 * Reads `{"type":"call_hook","plugin","fn","args","id","key"}`. Undefined for everything else: what is
 * no JSON, or has what {@link textProblem} finds, another type, and a call whose plugin or fn is no string, since nobody could tell whose
 * answer an answer to it is. An `id` that is neither a string nor a number JSON can hold is none.
 */
function decodeCall(text: string): JsonCall | undefined {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof message !== 'object' || message === null) return undefined
  const { type, plugin, fn, args, id, key } = message as Record<string, unknown>
  if (type !== 'call_hook' || typeof plugin !== 'string' || typeof fn !== 'string') return undefined
  if (textProblem(text, args) !== undefined) return undefined
  return { hookPlugin: plugin, fn, args, id: idText(id), key }
}

/** Writes `hook_reply` or `hook_error` around the JSON text that the hook's result already is. */
function encodeReply(call: JsonCall, result: HookResult): string {
  const id = call.id === undefined ? '' : `,"id":${call.id}`
  const names = namesText(call)
  return result.ok
    ? `{"type":"hook_reply",${names}${id},"data":${result.json}}`
    : `{"type":"hook_error",${names}${id},"error":${stringify(result.reason)}}`
}

/** Whom the last answer was from: the next one is often from the same hook. */
let lastNames = { hookPlugin: '', fn: '', text: '"plugin":"","fn":""' }

function namesText({ hookPlugin, fn }: JsonCall): string {
  if (lastNames.hookPlugin !== hookPlugin || lastNames.fn !== fn) {
    const text = `"plugin":${JSON.stringify(hookPlugin)},"fn":${JSON.stringify(fn)}`
    lastNames = { hookPlugin, fn, text }
  }
  return lastNames.text
}

function idText(id: unknown): string | undefined {
  if (typeof id === 'string') return JSON.stringify(id)
  return typeof id === 'number' && Number.isFinite(id) ? String(id) : undefined
}

/** The functions `b` of `a` and `a.b` of none must not share a line; a length keeps them apart. */
function functionKey({ hookPlugin, fn }: JsonCall): string {
  return `${hookPlugin.length}:${hookPlugin}${fn}`
}
