/** A node of the cluster under storm: rooms with presence, whose members broadcast what they say. */
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { nats } from '../../lib/cluster/nats/nats.js'
import { redis } from '../../lib/cluster/redis/redis.js'
import phoenix, { defineChannel, type Param, Presence } from '../../plugins/phoenix.js'
import { announce, onStopSignal, runProgram } from '../lib/program.js'

const { CLUSTER_ENGINE: engine = 'redis', CLUSTER_URL: url = '' } = process.env

const presence = new Presence({ name: 'rooms' })
const room = defineChannel<{ userId: string }>({
  join(_params, channel) {
    presence.enter(channel, channel.assigns.userId)
    return { status: 'ok' }
  },
  handleIn: { say: (payload, channel) => channel.broadcast('said', payload as object) }
})

await runProgram(async ({ host, port }) => {
  const app = Fastify({ logger: { level: 'warn', stream: process.stderr } })
  await app.register(phoenix, {
    path: '/bench',
    connect: ({ user_id: userId }: { user_id?: Param }) => (typeof userId === 'string' ? { userId } : null),
    id: ({ assigns }) => `user_socket:${assigns.userId}`,
    channels: { 'room:*': room },
    presence,
    cluster: engine === 'nats' ? nats({ servers: url }) : redis({ url }),
    // All clients come from one address here, and come back at once.
    limits: { connects: { count: 0, windowMs: 1 } },
    drain: { batchSize: 500, batchIntervalMs: 200 },
    checkOrigin: false,
    longpoll: false,
    webrtc: false
  })
  await app.listen({ host, port })
  announce({ host, port: (app.server.address() as AddressInfo).port })
  onStopSignal(() => app.close())
})
