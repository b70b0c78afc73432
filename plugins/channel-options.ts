import { demandDefinition } from '../lib/channel/definition.js'
import { InvalidOption } from '../lib/errors.js'
import { demand, isFunction } from '../lib/options.js'
import { patternProblem } from '../lib/protocol/topic.js'
import { demandRecord } from '../lib/util/demand.js'
import type { PhoenixOptions } from './phoenix-options.js'

/** Checks the option `channels`. Throws `PHX_ERR_OPTION_INVALID`, which names the channel. */
export function demandChannels(channels: PhoenixOptions['channels']): void {
  demandRecord(InvalidOption, 'channels', channels, 'an object of channels by pattern')
  demand(
    'channels',
    Object.keys(channels).length > 0,
    'is empty: nobody could join anything; give a channel by pattern, as in { "room:*": channel }'
  )
  for (const [pattern, channel] of Object.entries(channels)) {
    const problem = patternProblem(pattern)
    if (problem !== undefined) throw new InvalidOption('channels', problem)
    // What a function makes is checked once it has made it.
    if (!isFunction(channel)) demandDefinition(`channels["${pattern}"]`, channel)
  }
}
