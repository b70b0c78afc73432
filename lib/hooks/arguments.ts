import type { Limits } from '../limits/limits.js'
import { textToSend } from '../protocol/serializer/json-text-check.js'
import type { Hook } from './compile.js'
import { failures, type HookFailure } from './results.js'

const none: readonly unknown[] = Object.freeze([])

/** The list of arguments that a client means: nothing is none, and what is no list is the only one. */
export function toArguments(args: unknown): readonly unknown[] {
  if (args === undefined || args === null) return none
  return Array.isArray(args) ? args : [args]
}

/** Why a hook cannot be called with these arguments, which came in a frame of so many bytes. */
export function argumentsProblem(
  hook: Hook,
  args: readonly unknown[],
  bytes: number,
  { hookArgs, hookArgsBytes }: Readonly<Limits>
): HookFailure | undefined {
  if (hookArgs !== 0 && args.length > hookArgs) return failures.tooManyArgs
  // Measuring costs as much as a small call: only where the whole frame was larger than the limit.
  if (hookArgsBytes !== 0 && bytes > hookArgsBytes && isLarger(args, hookArgsBytes)) {
    return failures.argsTooLarge
  }
  return hook.fitsArgs !== undefined && !hook.fitsArgs(args) ? failures.invalidArgs : undefined
}

/** Whether the arguments have more than `limit` bytes of JSON. */
function isLarger(args: readonly unknown[], limit: number): boolean {
  try {
    return Buffer.byteLength(textToSend(JSON.stringify(args))) > limit
  } catch {
    // Nested so deeply that they cannot be written.
    return true
  }
}
