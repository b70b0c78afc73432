import { defaultHealthOptions, type HealthOptions } from '../lib/endpoint/health.js'
import { demand, isTime, timeRange } from '../lib/options.js'
import { demandKnown } from '../lib/util/demand.js'
import { isObject } from '../lib/util/is-object.js'

const names = new Set(Object.keys(defaultHealthOptions))

/** Checks the options and fills in the defaults. Throws `PHX_ERR_OPTION_INVALID`, which names the option. */
export function readHealthOptions(options: Partial<HealthOptions> = {}): Readonly<HealthOptions> {
  demand('health', isObject(options), 'must be an object')
  demandKnown(demand, options, names, 'health.')
  const { engineAwayMs = defaultHealthOptions.engineAwayMs } = options
  demand('health.engineAwayMs', isTime(engineAwayMs), `must be a whole number of milliseconds ${timeRange}`)
  return Object.freeze({ engineAwayMs })
}
