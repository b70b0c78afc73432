import { describe, disown } from './describe.js'
import { isRecord } from './is-record.js'
import { noSuch } from './near-miss.js'

/** Refuses an option that does not hold, by a coded error that names it. */
export type Demand = (name: string, holds: boolean, problem: string) => void

/** Checks the options of one area, whose names begin with `prefix`, and throws `OptionError`. */
export function demandWith(OptionError: new (name: string, problem: string) => Error, prefix = ''): Demand {
  return (name, holds, problem) => {
    if (!holds) throw new OptionError(prefix + name, problem)
  }
}

/**
 * Refuses what is no object of options. A promise is one that has no options, so that all of them would silently be
 * the defaults where an `await` is forgotten.
 */
export function demandRecord(
  OptionError: new (name: string, problem: string) => Error,
  name: string,
  value: unknown,
  expected = 'an object'
): asserts value is object {
  if (isRecord(value)) return
  disown(value)
  throw new OptionError(name, `must be ${expected}, not ${describe(value)}`)
}

/** Refuses a misspelt option: it would silently not count. */
export function demandKnown(demand: Demand, options: object, names: ReadonlySet<string>, prefix = ''): void {
  for (const name of Object.keys(options))
    demand(prefix + name, names.has(name), noSuch('option', name, names))
}
