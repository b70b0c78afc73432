import { InvalidOption } from '../lib/errors.js'
import { isFunction, isStrings } from '../lib/options.js'
import { type CheckOrigin, originProblem } from '../lib/transport/origin.js'

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
