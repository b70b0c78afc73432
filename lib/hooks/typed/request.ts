import { failures, type HookFailure } from '../results.js'
import type { TypedMessages } from './typed-hooks.js'

/** What a typed hook gets behind the call: its request. */
type RequestArguments = readonly [request: object]

/** The request of a call whose arguments were JSON: one object, or none, which is the empty request. */
export function readRequest(
  messages: TypedMessages,
  args: readonly unknown[]
): RequestArguments | HookFailure {
  const [json] = args
  if (args.length > 1 || (args.length === 1 && !isObject(json))) return failures.singleObjectExpected
  try {
    return [messages.readRequest(json)]
  } catch {
    return failures.invalidArgs
  }
}

/** The request of a call that came with it encoded. */
export function decodeRequest(messages: TypedMessages, raw: Uint8Array): RequestArguments | HookFailure {
  try {
    return [messages.decodeRequest(raw)]
  } catch {
    return failures.invalidRequest
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
