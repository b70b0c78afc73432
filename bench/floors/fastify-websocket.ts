/**
 * What a connect costs a Fastify application without us: Fastify with @fastify/websocket, and behind
 * them the same as in the floor `ws-echo`. What it has more than that one is not ours to save.
 */
import type { AddressInfo } from 'node:net'
import fastifyWebsocket from '@fastify/websocket'
import Fastify from 'fastify'
import type { Frame, HookCallPayload } from '../lib/frames.js'
import { announce, onStopSignal, runProgram } from '../lib/program.js'

await runProgram(async ({ host, port }) => {
  const app = Fastify({ logger: false })
  await app.register(fastifyWebsocket)
  app.get('/websocket', { websocket: true }, (client) => {
    client.on('message', (bytes) => {
      const [joinRef, ref, topic, , payload] = JSON.parse(String(bytes)) as Frame<HookCallPayload>
      const response = { data: payload.args?.[0] }
      client.send(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status: 'ok', response }]))
    })
  })
  await app.listen({ host, port })
  announce({ host, port: (app.server.address() as AddressInfo).port })
  onStopSignal(() => app.close())
})
