import { enterPhoenix, enterSocketIo, type StormSize, stormLoad } from '../lib/join-storm.js'
import { beside, ours, type Question } from '../lib/question.js'

export const joinStorm: Question<StormSize> = {
  name: 'join-storm',
  title: 'Connect and join of many clients, each its own `user:*`',
  operation: 'a connect and join',
  dimension: 'clients',
  figures: ['cpuUs', 'perSecond', 'kibEach', 'rssMiB'],
  subjects: [
    { ...ours, open: stormLoad(enterPhoenix) },
    beside('floor', '`ws` by itself, which answers the join', 'floors/ws-echo', stormLoad(enterPhoenix)),
    beside(
      'Fastify',
      'Fastify with @fastify/websocket, which answers the join',
      'floors/fastify-websocket',
      stormLoad(enterPhoenix)
    ),
    beside(
      'Socket.IO',
      'Socket.IO, each client in a room of its own',
      'peers/socketio',
      stormLoad(enterSocketIo)
    )
  ],
  cases: [
    {
      name: '1,000',
      size: { clients: 1000 },
      quick: true,
      takes: { round: 1 },
      target: { figure: 'cpuUs', atMost: 1.15 }
    },
    {
      name: '10,000',
      size: { clients: 10_000 },
      quick: true,
      files: 10_500,
      takes: { round: 6 },
      target: { figure: 'kibEach', atMost: 9, absolute: true }
    }
  ],
  plan: { rounds: 1, warmup: false },
  isPortable: true
}
