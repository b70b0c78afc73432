import { AuthOptionInvalid } from '../errors.js'
import { type Demand, demandKnown, demandRecord, demandWith } from '../util/demand.js'

/** Refuses an option that does not hold. Throws `PHX_ERR_AUTH_OPTION`. */
export const demand: Demand = demandWith(AuthOptionInvalid)

/** Refuses what is no object of options, and a misspelt option: it would silently not be checked. */
export function demandOptions(options: unknown, names: ReadonlySet<string>): asserts options is object {
  demandRecord(AuthOptionInvalid, 'options', options)
  demandKnown(demand, options, names)
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

export function isPositiveInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}
