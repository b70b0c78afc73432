import { InvalidOption } from './errors.js'
import { longestTimer } from './time/clock.js'
import { type Demand, demandWith } from './util/demand.js'
import { isClass } from './util/is-class.js'

/** Throws `PHX_ERR_OPTION_INVALID` unless it holds. */
export const demand: Demand = demandWith(InvalidOption)

export function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

/** Whether it can be called, which a class cannot. */
export const isFunction = (value: unknown): boolean => typeof value === 'function' && !isClass(value)
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0
export const isTime = (value: unknown): boolean => isCount(value) && (value as number) <= longestTimer
export const timeRange = `from 0 to ${longestTimer}`
