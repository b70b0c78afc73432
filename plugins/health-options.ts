import { defaultHealthOptions, type HealthOptions } from '../lib/endpoint/health.js'
import { InvalidOption } from '../lib/errors.js'
import { demand, isTime, timeRange } from '../lib/options.js'
import { demandKnown, demandRecord } from '../lib/util/demand.js'

const names = new Set(Object.keys(defaultHealthOptions))

/** Checks the options and fills in the defaults. Throws `PHX_ERR_OPTION_INVALID`, which names the option. */
export function readHealthOptions(options: Partial<HealthOptions> = {}): Readonly<HealthOptions> {
  demandRecord(InvalidOption, 'health', options)
  demandKnown(demand, options, names, 'health.')
  const { engineAwayMs = defaultHealthOptions.engineAwayMs } = options
  demand('health.engineAwayMs', isTime(engineAwayMs), `must be a whole number of milliseconds ${timeRange}`)
  return Object.freeze({ engineAwayMs })
}
