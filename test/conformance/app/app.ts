import Fastify, { type FastifyInstance } from 'fastify'
import phoenix, {
  type ClusterAdapter,
  connectInfoKeys,
  type PhoenixOptions,
  Presence,
  v2
} from '../../../plugins/phoenix.js'
import { info } from './info.js'
import { order } from './order.js'
import { addNames, presence } from './presence.js'
import { room } from './room.js'
import { connectAuth, connectMain, socketId } from './sockets.js'

/** Phoenix's own limits instead of ours. */
const limits: NonNullable<PhoenixOptions['limits']> = {
  frameBytes: 10_000_000,
  events: { count: 0, windowMs: 1 },
  joins: { count: 0, windowMs: 1 },
  topicJoins: { count: 0, windowMs: 1 },
  connects: { count: 0, windowMs: 1 },
  socketsPerUser: 0,
  queuedBytes: 0
}

const origins = ['//example.com', 'https://secure.example:8443', 'http://plain.example', '//*.wild.example']

const mounts: Partial<PhoenixOptions>[] = [
  {
    path: '/socket',
    connectInfo: connectInfoKeys,
    checkOrigin: origins,
    longpoll: { windowMs: 1000 },
    websocket: {
      errorHandler: (reason, _request, reply) =>
        reason === 'rate_limit'
          ? reply.code(429).send('Too many requests')
          : reply.code(403).send(`refused: ${reason}`)
    }
  },
  { path: '/short', websocket: { timeoutMs: 400 }, longpoll: { windowMs: 300 } },
  { path: '/small', limits: { ...limits, frameBytes: 1000 } },
  { path: '/limited', maxChannels: 2 },
  { path: '/auth', connect: connectAuth, authToken: true, longpoll: { windowMs: 1000 } },
  { path: '/v2only', serializers: [v2] },
  { path: '/hosted' },
  { path: '/same', checkOrigin: 'conn' },
  { path: '/proto', websocket: { subprotocols: ['sip', 'mqtt'] } },
  { path: '/deflate', websocket: { compress: true } },
  { path: '/custom/:tenant', websocket: { path: 'live/:shard' } },
  { path: '/lponly', websocket: false, longpoll: { windowMs: 1000 } }
]

export interface ConformanceAppOptions {
  logger?: boolean
  /** What joins it to others of its kind. */
  cluster?: ClusterAdapter
}

/** Long-poll sessions of the apps of one cluster are of all of them. */
const secret = 'conformance'.repeat(6)

/** The app that the conformance cases talk to, on the public API alone. */
export async function buildConformanceApp(options: ConformanceAppOptions = {}): Promise<FastifyInstance> {
  const { cluster } = options
  const app = Fastify({ logger: options.logger ?? false, forceCloseConnections: true })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send('Not Found'))
  const trackers = {
    presence: new Presence({ name: 'presence' }),
    roster: new Presence({ name: 'roster', fetch: addNames })
  }
  const channels = {
    'room:*': room,
    'info:*': info,
    'order:first': order('first'),
    'order:*': order('any'),
    'order:last': order('last'),
    exact: order('exact'),
    'plain*': order('plain'),
    'presence:*': presence(trackers.presence),
    'roster:*': presence(trackers.roster)
  }
  for (const mount of mounts) {
    await app.register(phoenix, {
      connect: connectMain,
      id: socketId,
      channels,
      limits,
      host: 'app.example',
      drain: { shutdownMs: 2_000 },
      longpoll: false,
      webrtc: false,
      ...(cluster && { cluster, presence: Object.values(trackers) }),
      ...mount,
      ...(mount.longpoll && { longpoll: { secret, ...mount.longpoll } })
    })
  }
  return app
}
