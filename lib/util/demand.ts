import { noSuch } from './near-miss.js'

/** Refuses an option that does not hold, by a coded error that names it. */
export type Demand = (name: string, holds: boolean, problem: string) => void

/** Checks the options of one area, whose names begin with `prefix`, and throws `OptionError`. */
export function demandWith(OptionError: new (name: string, problem: string) => Error, prefix = ''): Demand {
  return (name, holds, problem) => {
    if (!holds) throw new OptionError(prefix + name, problem)
  }
}

/** Refuses a misspelt option: it would silently not count. */
export function demandKnown(demand: Demand, options: object, names: ReadonlySet<string>, prefix = ''): void {
  for (const name of Object.keys(options))
    demand(prefix + name, names.has(name), noSuch('option', name, names))
}
