import { connectDataChannel, connectWebSocket } from '../lib/hook-client.js'
import { hookLoad } from '../lib/hook-load.js'
import { ours, programUrl, type Question, type Subject } from '../lib/question.js'

interface Size {
  readonly over: 'websocket' | 'datachannel'
  /** Clients that call. */
  readonly clients: number
}

const open: Subject<Size>['open'] = (url, { over, clients }, server) => {
  const load = hookLoad(over === 'datachannel' ? connectDataChannel : connectWebSocket)
  return load(url, { clients, inFlight: 8, bytes: 16 }, server)
}

const traced = (name: string, what: string): Subject<Size> => ({
  ...ours,
  name,
  what,
  program: programUrl(`tracing/${name}`),
  open
})

export const tracing: Question<Size> = {
  name: 'tracing',
  title: 'What it costs to make spans for OpenTelemetry',
  operation: 'a call',
  dimension: 'what is asked',
  figures: ['cpuUs', 'perSecond', 'p50Ms', 'p99Ms', 'rssMiB'],
  subjects: [
    traced('traced', 'the load target, each of whose spans is recorded and goes nowhere'),
    { ...ours, name: 'off', what: 'the load target without `fastify-phoenix/otel`', open },
    traced('unsampled', 'with an SDK that samples none'),
    traced('idle', 'without an SDK')
  ],
  cases: [
    { name: 'hook over the WebSocket', size: { over: 'websocket', clients: 50 }, quick: true },
    { name: 'hook over a DataChannel', size: { over: 'datachannel', clients: 10 }, quick: true }
  ]
}
