import { connectWebSocket } from '../lib/hook-client.js'
import { type HookSize, hookCase } from '../lib/hook-load.js'
import { halfLoad } from '../lib/paced-load.js'
import { beside, ours, type Question } from '../lib/question.js'

export const longRun: Question<HookSize> = {
  name: 'long-run',
  title: 'Hook calls at half load, over time',
  operation: 'a call',
  dimension: 'clients, argument',
  figures: ['cpuUs', 'perSecond', 'p50Ms', 'p99Ms', 'rssMiB'],
  subjects: [
    { ...ours, open: halfLoad(connectWebSocket) },
    beside('floor', '`ws` by itself, with JSON', 'floors/ws-echo', halfLoad(connectWebSocket))
  ],
  cases: [hookCase(50, 8, 16, { quick: true })],
  isPortable: true,
  overTime: true
}
