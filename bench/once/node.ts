/**
 * A server whose hook notes each of its runs in a file, `RUNS_FILE`, which outlives it: what ran is counted there and
 * nowhere else. `CLUSTER_ENGINE` and `CLUSTER_URL` make it a node of a cluster.
 */
import { appendFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import Fastify from 'fastify'
import type { ClusterAdapter } from '../../lib/cluster/adapter.js'
import { nats } from '../../lib/cluster/nats/nats.js'
import { redis } from '../../lib/cluster/redis/redis.js'
import { workers } from '../../lib/cluster/workers/workers.js'
import phoenix, { defineHooks, type Param, userChannel } from '../../plugins/phoenix.js'
import { announce, onStopSignal, runProgram } from '../lib/program.js'

const { CLUSTER_ENGINE: engine = '', CLUSTER_URL: url = '', RUNS_FILE: runsFile = '' } = process.env

const adapters: Readonly<Record<string, () => ClusterAdapter>> = {
  redis: () => redis({ url }),
  nats: () => nats({ servers: url }),
  workers: () => workers()
}

export const counted = defineHooks('counted', {
  async run({ userId }, name: string, ms: number): Promise<string> {
    appendFileSync(runsFile, `${name}\n`)
    if (ms > 0) await pause(ms)
    return `${userId} ${name}`
  }
})

const off = { count: 0, windowMs: 1 }

await runProgram(async ({ host, port }) => {
  const app = Fastify({ forceCloseConnections: true, logger: { level: 'error', stream: process.stderr } })
  const cluster = adapters[engine]?.()
  await app.register(phoenix, {
    connect: ({ user_id: userId }: { user_id?: Param }) => (typeof userId === 'string' ? { userId } : null),
    id: ({ assigns }) => `user_socket:${assigns.userId}`,
    channels: { 'user:*': userChannel({ hooks: [counted] }) },
    // All clients come from one address here, and come back at once.
    limits: {
      connects: off,
      events: off,
      eventBytes: off,
      joins: off,
      topicJoins: off,
      offers: off,
      iceCandidates: off,
      dataChannelMessages: off,
      callsInFlight: 0,
      socketsPerUser: 0
    },
    ...(cluster && { cluster }),
    checkOrigin: false,
    longpoll: { secret: 'what all nodes sign the tokens of long-poll with' },
    webrtc: { bindAddress: '127.0.0.1' }
  })
  await app.listen({ host, port })
  announce({ host, port: (app.server.address() as AddressInfo).port })
  onStopSignal(() => app.close())
})
