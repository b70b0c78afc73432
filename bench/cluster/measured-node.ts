/** A node of a cluster that is measured, or a server by itself: `CLUSTER_ENGINE` and `CLUSTER_URL` say which. It takes orders. */
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { ClusterAdapter } from '../../lib/cluster/adapter.js'
import { nats } from '../../lib/cluster/nats/nats.js'
import { redis } from '../../lib/cluster/redis/redis.js'
import { workers } from '../../lib/cluster/workers/workers.js'
import phoenix, { defineChannel, type Param, Presence } from '../../plugins/phoenix.js'
import { noRates } from '../lib/no-rates.js'
import { announce, onStopSignal, runProgram } from '../lib/program.js'
import { TurnWatch } from '../lib/turn-watch.js'
import type { Fill, Orders, Seen } from './orders.js'

const { CLUSTER_ENGINE: engine, CLUSTER_URL: url = '', CLUSTER_WATCH: watch } = process.env

const adapters: Readonly<Record<string, () => ClusterAdapter>> = {
  redis: () => redis({ url }),
  nats: () => nats({ servers: url }),
  workers: () => workers()
}

const app = Fastify({ logger: { level: 'error', stream: process.stderr } })
const presence = new Presence({ name: 'measured' })
/** From its start on, which the runner is too late to ask for; it costs more than a node at rest does. */
const turns = watch === undefined ? undefined : new TurnWatch()
/** From here on the node is one of the cluster, or on its way. */
let began = 0

const room = defineChannel<{ userId: string }>({
  join: () => ({ status: 'ok' }),
  handleIn: { shout: (payload, channel) => channel.broadcast('shout', payload as object) }
})

const order = defineChannel<{ userId: string }>({
  join: () => ({ status: 'ok' }),
  handleIn: {
    publish(given) {
      const { topic, count, text } = given as Orders['publish']
      for (let i = 0; i < count; i++) app.phoenix.broadcast(topic, 'said', { text })
      return { status: 'ok' }
    },
    // As a member of the room would.
    shout: (payload) => app.phoenix.broadcast('room:bench', 'shout', payload as object),
    fill(given, channel) {
      const { topic, prefix, count } = given as Fill
      for (let n = 0; n < count; n++) presence.track(channel, `${prefix}${n}`, { version: 0 }, topic)
      return { status: 'ok' }
    },
    update(given, channel) {
      const { topic, prefix, count, version } = given as Fill & { version: number }
      for (let n = 0; n < count; n++) presence.update(channel, `${prefix}${n}`, { version }, topic)
      return { status: 'ok' }
    },
    async seen(given) {
      return { status: 'ok', response: { seen: await sees(given as Seen) } }
    },
    age: () => ({ status: 'ok', response: { ms: performance.now() - began, turnMs: turns?.takeLongest() } })
  }
})

/** Whether all presences of a prefix are there in a version: the last one is looked at before the others. */
async function sees({ topic, prefix, count, version }: Seen): Promise<boolean> {
  const last = await presence.get(topic, `${prefix}${count - 1}`)
  if (last?.metas[0]?.version !== version) return false
  const all = await presence.list(topic)
  for (let n = 0; n < count; n++) if (all[`${prefix}${n}`]?.metas[0]?.version !== version) return false
  return true
}

await runProgram(async ({ host, port }) => {
  const cluster = adapters[engine ?? '']?.()
  await app.register(phoenix, {
    path: '/bench',
    connect: ({ user_id: userId }: { user_id?: Param }) => (typeof userId === 'string' ? { userId } : null),
    id: ({ assigns }) => `user_socket:${assigns.userId}`,
    channels: { 'room:*': room, order },
    presence,
    maxChannels: 20_000,
    longpoll: { secret: 'the secret of all nodes that are measured' },
    ...(cluster !== undefined && { cluster }),
    limits: { ...noRates, socketsPerUser: 0 },
    checkOrigin: false,
    webrtc: false
  })
  turns?.takeLongest()
  began = performance.now()
  await app.listen({ host, port })
  announce({ host, port: (app.server.address() as AddressInfo).port })
  onStopSignal(() => app.close())
})
