/** Whether a value is an object with names and values: neither null, nor a list, nor a function. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
