import { textToSend } from '../protocol/serializer/json-text-check.js'

const none: readonly unknown[] = Object.freeze([])

/** The list of arguments that a client means: nothing is none, and what is no list is the only one. */
export function toArguments(args: unknown): readonly unknown[] {
  if (args === undefined || args === null) return none
  return Array.isArray(args) ? args : [args]
}

/** Whether the arguments have more than `limit` bytes of JSON. */
export function isLarger(args: readonly unknown[], limit: number): boolean {
  try {
    return Buffer.byteLength(textToSend(JSON.stringify(args))) > limit
  } catch {
    // Nested so deeply that they cannot be written.
    return true
  }
}
