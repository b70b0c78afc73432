import { InvalidOption } from '../lib/errors.js'
import { defaultOnceOptions, type OnceOptions } from '../lib/once/options.js'
import { demand, isCount, isTime, timeRange } from '../lib/options.js'
import { demandKnown, demandRecord } from '../lib/util/demand.js'

const names = new Set(Object.keys(defaultOnceOptions))

/** Checks the options and fills in the defaults. Throws `PHX_ERR_OPTION_INVALID`, which names the option. */
export function readOnceOptions(options: Partial<OnceOptions> = {}): Readonly<OnceOptions> {
  demandRecord(InvalidOption, 'once', options)
  demandKnown(demand, options, names, 'once.')
  for (const [name, value] of Object.entries(options)) {
    if (name.endsWith('Ms')) {
      demand(`once.${name}`, isTime(value), `must be a whole number of milliseconds ${timeRange}`)
    } else demand(`once.${name}`, isCount(value), 'must be a whole number, not negative')
  }
  const once = { ...defaultOnceOptions, ...options }
  demand('once.rememberMs', once.rememberMs >= once.keepMs, 'must be at least keepMs')
  return Object.freeze(once)
}
