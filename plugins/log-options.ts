import { refusalKinds } from '../lib/log/refusals.js'
import { demand } from '../lib/options.js'
import { isObject } from '../lib/util/is-object.js'

const levels: readonly unknown[] = ['trace', 'debug', 'info', 'warn', 'error', false]

/** Checks the option `log`. Throws `PHX_ERR_OPTION_INVALID`, which names the kind. */
export function demandLevels(log: unknown): void {
  if (log === false) return
  demand('log', isObject(log), 'must be an object of levels by kind, or false')
  for (const [kind, level] of Object.entries(log as object)) {
    demand(`log.${kind}`, (refusalKinds as string[]).includes(kind), 'there is no such option')
    demand(`log.${kind}`, levels.includes(level), 'must be trace, debug, info, warn, error or false')
  }
}
