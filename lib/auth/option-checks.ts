import { AuthOptionInvalid } from '../errors.js'
import { isClock } from '../time/clock.js'
import { type Demand, demandKnown, demandRecord, demandWith } from '../util/demand.js'

/** Refuses an option that does not hold. Throws `PHX_ERR_AUTH_OPTION`. */
export const demand: Demand = demandWith(AuthOptionInvalid)

/** Refuses what tells no time: it would be found out when the first client connects. */
export function demandClock(clock: unknown): void {
  demand('clock', isClock(clock), 'must be a clock: an object with now, date, setTimeout and clearTimeout')
}

/** Refuses what is no object of options, and a misspelt option: it would silently not be checked. */
export function demandOptions(options: unknown, names: ReadonlySet<string>): asserts options is object {
  demandRecord(AuthOptionInvalid, 'options', options)
  demandKnown(demand, options, names)
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
