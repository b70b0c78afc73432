import { isClass } from './is-class.js'
import { builtInClass } from './is-record.js'
import { isThenable } from './thenable.js'

/**
 * Says of what kind a value is, for an error about it: "a string", "a promise". Never the value itself,
 * which may be a secret, and never throws.
 */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value === '') return 'an empty string'
  if (typeof value !== 'object') return isClass(value) ? 'a class' : `a ${typeof value}`
  try {
    if (isThenable(value)) return 'a promise'
    if (Array.isArray(value)) return 'an array'
    const name = builtInClass(value)
    if (name !== undefined) return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`
  } catch {
    // A Proxy may throw whenever it is looked at.
  }
  return 'an object'
}

/** Takes what was returned where nobody waits for a promise: its rejection must not end the process. */
export function disown(value: unknown): void {
  if (isThenable(value)) Promise.resolve(value).catch(() => {})
}
