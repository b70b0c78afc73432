import { InvalidOption } from '../lib/errors.js'
import { refusalKinds } from '../lib/log/refusals.js'
import { demand } from '../lib/options.js'
import { demandRecord } from '../lib/util/demand.js'

const levels: readonly unknown[] = ['trace', 'debug', 'info', 'warn', 'error', false]

/** Checks the option `log`. Throws `PHX_ERR_OPTION_INVALID`, which names the kind. */
export function demandLevels(log: unknown): void {
  if (log === false) return
  demandRecord(InvalidOption, 'log', log, 'an object of levels by kind, or false')
  for (const [kind, level] of Object.entries(log)) {
    demand(`log.${kind}`, (refusalKinds as string[]).includes(kind), 'there is no such option')
    demand(`log.${kind}`, levels.includes(level), 'must be trace, debug, info, warn, error or false')
  }
}
