import { InvalidOption } from '../lib/errors.js'
import { demand, isTime, timeRange } from '../lib/options.js'
import { type DrainOptions, defaultDrainOptions } from '../lib/socket/drainer.js'
import { demandRecord } from '../lib/util/demand.js'
import { noSuch } from '../lib/util/near-miss.js'

/** Fastify gives up on closing after its `pluginTimeout` (0 is never), so a drain ends a little earlier. */
const closingMarginMs = 500

/** Checks the options and fills in the defaults. Throws `PHX_ERR_OPTION_INVALID`, which names the option. */
export function readDrainOptions(
  options: Partial<DrainOptions> = {},
  pluginTimeout: number
): Readonly<DrainOptions> {
  demandRecord(InvalidOption, 'drain', options)
  for (const [name, value] of Object.entries(options)) {
    const isKnown = Object.hasOwn(defaultDrainOptions, name)
    demand(`drain.${name}`, isKnown, noSuch('option', name, Object.keys(defaultDrainOptions)))
    demand(`drain.${name}`, isTime(value), `must be a whole number ${timeRange}`)
  }
  const longest =
    pluginTimeout === 0 ? Number.POSITIVE_INFINITY : Math.max(0, pluginTimeout - closingMarginMs)
  const shutdownMs = options.shutdownMs ?? Math.min(defaultDrainOptions.shutdownMs, longest)
  demand(
    'drain.shutdownMs',
    shutdownMs <= longest,
    `must be at most ${longest}, or pluginTimeout of Fastify longer`
  )
  const drain = { ...defaultDrainOptions, ...options, shutdownMs }
  demand('drain.batchSize', drain.batchSize > 0, 'must be positive')
  return Object.freeze(drain)
}
