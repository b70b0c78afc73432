import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import fastifyWebsocket from '@fastify/websocket'
import Fastify from 'fastify'
import t from 'tap'
import phoenix from '../../plugins/phoenix.js'
import { options } from '../fixtures/server.js'

const requests: [string, Partial<IncomingMessage>][] = [
  ['without a connection', {}],
  // As tests have it that care for the address of a client.
  ['whose connection is made up', { socket: { remoteAddress: '192.0.2.1' } as Socket }]
]

const cases = requests.flatMap((one) => [[...one, false] as const, [...one, true] as const])
for (const [which, request, isTheirs] of cases) {
  const whose = isTheirs ? 'of the application' : 'of ours'
  t.test(`injectWS ${whose} brings a client that is served, with a request ${which}`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(phoenix, options)
    if (isTheirs) await app.register(fastifyWebsocket)
    await app.ready()
    const ws = await app.injectWS('/socket/websocket?vsn=2.0.0', request)
    t.teardown(() => ws.terminate())
    ws.send('[null,"1","phoenix","heartbeat",{}]')
    const [data] = await once(ws, 'message')
    t.match(JSON.parse(String(data)), [null, '1', 'phoenix', 'phx_reply'])
  })
}
