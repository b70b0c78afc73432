import { connectGeckos } from '../lib/geckos-client.js'
import { connectDataChannel } from '../lib/hook-client.js'
import { type HookSize, hookCase, hookLoad } from '../lib/hook-load.js'
import { beside, ours, type Question } from '../lib/question.js'

export const hookDataChannel: Question<HookSize> = {
  name: 'hook-datachannel',
  title: 'Hook call over a DataChannel',
  operation: 'a call',
  dimension: 'clients x in flight, argument',
  figures: ['cpuUs', 'perSecond', 'p50Ms', 'p99Ms', 'p999Ms', 'rssMiB'],
  subjects: [
    { ...ours, open: hookLoad(connectDataChannel) },
    beside(
      'floor',
      '`node-datachannel` by itself, with JSON',
      'floors/datachannel-echo',
      hookLoad(connectDataChannel)
    ),
    beside(
      'geckos.io',
      'geckos.io events, ordered, on the same `node-datachannel`',
      'peers/geckos',
      hookLoad(connectGeckos)
    )
  ],
  cases: [
    hookCase(10, 8, 16, { quick: true, target: { figure: 'cpuUs', atMost: 1.1 } }),
    hookCase(1, 1, 16, { quick: true }),
    hookCase(1, 8, 16),
    hookCase(50, 8, 16),
    hookCase(500, 1, 16, { files: 4000, takes: { open: 8 } }),
    hookCase(10, 8, 1024),
    hookCase(10, 8, 16_384),
    {
      name: '10 x 8, 16 B, beside 1,000 idle peers',
      size: { clients: 10, inFlight: 8, bytes: 16, idle: 1000 },
      files: 6500,
      takes: { open: 15 }
    }
  ],
  isPortable: true
}
