import { InvalidOption } from './errors.js'
import { longestTimer } from './time/clock.js'
import { noSuch } from './util/near-miss.js'

/** Throws `PHX_ERR_OPTION_INVALID` unless it holds. */
export function demand(name: string, holds: boolean, problem: string): void {
  if (!holds) throw new InvalidOption(name, problem)
}

/** Refuses a name that no option has; `prefix` says whose options they are. Throws as {@link demand}. */
export function demandKnown(options: object, names: ReadonlySet<string>, prefix: string): void {
  for (const name of Object.keys(options))
    demand(prefix + name, names.has(name), noSuch('option', name, names))
}

export function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

export const isFunction = (value: unknown): boolean => typeof value === 'function'
export const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
export const isTime = (value: unknown): boolean => isCount(value) && (value as number) <= longestTimer
export const timeRange = `from 0 to ${longestTimer}`
