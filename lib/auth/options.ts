import { AuthOptionInvalid } from '../errors.js'

/** Refuses an option that does not hold. Throws `PHX_ERR_AUTH_OPTION`. */
export function demand(name: string, holds: boolean, problem: string): void {
  if (!holds) throw new AuthOptionInvalid(name, problem)
}

/** Refuses what is no object of options, and a misspelt option: it would silently not be checked. */
export function demandOptions(options: unknown, names: ReadonlySet<string>): void {
  demand('options', typeof options === 'object' && options !== null, 'must be an object')
  for (const name of Object.keys(options as object)) {
    demand(name, names.has(name), 'there is no such option')
  }
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

export function isPositiveInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}
