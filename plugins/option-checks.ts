import { InvalidOption } from '../lib/errors.js'
import { refusalKinds } from '../lib/log/refusals.js'
import { demand, isFunction, isStrings } from '../lib/options.js'
import { type CheckOrigin, originProblem } from '../lib/transport/origin.js'
import { isObject } from '../lib/util/is-object.js'

const levels: readonly unknown[] = ['trace', 'debug', 'info', 'warn', 'error', false]

/** Checks the option `log`. Throws `PHX_ERR_OPTION_INVALID`. */
export function demandLevels(log: unknown): void {
  if (log === false) return
  demand('log', isObject(log), 'must be an object of levels by kind, or false')
  for (const [kind, level] of Object.entries(log as object)) {
    demand(`log.${kind}`, (refusalKinds as string[]).includes(kind), 'there is no such option')
    demand(`log.${kind}`, levels.includes(level), 'must be trace, debug, info, warn, error or false')
  }
}

/** Checks the option `checkOrigin`. Throws `PHX_ERR_OPTION_INVALID`. */
export function demandOrigins(checkOrigin: CheckOrigin): void {
  const name = 'checkOrigin'
  if (typeof checkOrigin === 'boolean' || checkOrigin === 'conn' || isFunction(checkOrigin)) return
  if (!isStrings(checkOrigin))
    throw new InvalidOption(name, 'must be true, false, "conn", a list or a function')
  for (const entry of checkOrigin) {
    const problem = originProblem(entry)
    if (problem !== undefined) throw new InvalidOption(name, problem)
  }
}
