import { connectWebSocket } from '../lib/hook-client.js'
import { type HookSize, hookCase, hookLoad } from '../lib/hook-load.js'
import { beside, ours, type Question } from '../lib/question.js'
import { connectSocketIo } from '../lib/socketio-connection.js'

export const hookWebSocket: Question<HookSize> = {
  name: 'hook-websocket',
  title: 'Hook call over the WebSocket',
  operation: 'a call',
  dimension: 'clients x in flight, argument',
  figures: ['cpuUs', 'perSecond', 'p50Ms', 'p99Ms', 'p999Ms', 'rssMiB'],
  subjects: [
    { ...ours, open: hookLoad(connectWebSocket) },
    beside('floor', '`ws` by itself, with JSON', 'floors/ws-echo', hookLoad(connectWebSocket)),
    beside('Socket.IO', 'Socket.IO acknowledgements', 'peers/socketio', hookLoad(connectSocketIo))
  ],
  cases: [
    hookCase(50, 8, 16, { quick: true, target: { figure: 'cpuUs', atMost: 1.1 } }),
    hookCase(1, 1, 16, { quick: true }),
    hookCase(1, 8, 16),
    hookCase(50, 1, 16),
    hookCase(500, 1, 16),
    hookCase(500, 8, 16),
    hookCase(50, 8, 1024),
    hookCase(50, 8, 16_384, { quick: true })
  ],
  isPortable: true
}
