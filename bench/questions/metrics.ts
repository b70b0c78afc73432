import { fanOutLoad } from '../lib/fan-out.js'
import { connectDataChannel, connectWebSocket } from '../lib/hook-client.js'
import { hookLoad } from '../lib/hook-load.js'
import { ours, programUrl, type Question, type Subject } from '../lib/question.js'
import { openPhoenixRoom } from '../lib/room.js'

interface Size {
  readonly what: 'hook' | 'peer' | 'room'
  /** Clients that call, or members. */
  readonly clients: number
}

const inFlight = 8
const bytes = 16

const open: Subject<Size>['open'] = (url, { what, clients }, server) => {
  if (what === 'room') return fanOutLoad(openPhoenixRoom)(url, { members: clients, bytes: 64 }, server)
  const load = hookLoad(what === 'peer' ? connectDataChannel : connectWebSocket)
  return load(url, { clients, inFlight, bytes }, server)
}

const target = { figure: 'cpuUs', atMost: 1.02 } as const

export const metrics: Question<Size> = {
  name: 'metrics',
  title: 'What it costs to count for Prometheus',
  operation: 'a call or a delivery',
  dimension: 'what is asked',
  figures: ['cpuUs', 'perSecond', 'p50Ms', 'p99Ms', 'rssMiB'],
  subjects: [
    {
      ...ours,
      name: 'metrics',
      what: 'the load target with metrics',
      program: programUrl('serve-metrics'),
      open
    },
    { ...ours, name: 'off', what: 'the load target without', open }
  ],
  cases: [
    { name: 'hook over the WebSocket', size: { what: 'hook', clients: 50 }, quick: true, target },
    { name: 'hook over a DataChannel', size: { what: 'peer', clients: 10 }, quick: true, target },
    { name: 'delivery to 1,000', size: { what: 'room', clients: 1000 }, quick: true, target }
  ]
}
