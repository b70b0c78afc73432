import { isObject } from '../util/is-object.js'
import { failures, type HookFailure } from './results.js'
import { FieldBudget, unlimitedFields } from './typed/field-budget.js'
import type { TypedMessages } from './typed/typed-hooks.js'

/** What a typed hook gets behind the call: its request. */
type RequestArguments = readonly [request: object]

/**
 * The request of a call whose arguments were JSON: one object, or none, which is the empty request.
 *
 * @param limit `hookArgsBytes`
 */
export function readRequest(
  messages: TypedMessages,
  args: readonly unknown[],
  limit: number
): RequestArguments | HookFailure {
  const [json] = args
  if (args.length > 1 || (args.length === 1 && !isObject(json))) return failures.singleObjectExpected
  const budget = budgetOf(limit)
  try {
    return [messages.readRequest(json, budget)]
  } catch {
    return budget.isSpent ? failures.argsTooLarge : failures.invalidArgs
  }
}

/**
 * The request of a call that came with it encoded.
 *
 * @param limit `hookArgsBytes`
 */
export function decodeRequest(
  messages: TypedMessages,
  raw: Uint8Array,
  limit: number
): RequestArguments | HookFailure {
  if (limit !== 0 && raw.length > limit) return failures.argsTooLarge
  const budget = budgetOf(limit)
  try {
    return [messages.decodeRequest(raw, budget)]
  } catch {
    return budget.isSpent ? failures.argsTooLarge : failures.invalidRequest
  }
}

/** As many fields as bytes: what a client writes out takes two bytes for a field at least. */
function budgetOf(limit: number): FieldBudget {
  return limit === 0 ? unlimitedFields : new FieldBudget(limit)
}
