/**
 * The least that a hook call over a WebSocket can cost: `ws` by itself, which parses the frame, takes
 * the first argument out of it and answers with a reply of the same shape as ours. It checks nothing,
 * knows no channels, and answers a join like everything else.
 */
import { WebSocketServer } from 'ws'
import type { Frame, HookCallPayload } from '../lib/frames.js'
import { runFloor } from '../lib/program.js'

await runFloor((address) => {
  const server = new WebSocketServer(address)
  server.on('connection', (client) => {
    client.on('message', (bytes) => {
      const [joinRef, ref, topic, , payload] = JSON.parse(String(bytes)) as Frame<HookCallPayload>
      const response = { data: payload.args?.[0] }
      client.send(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status: 'ok', response }]))
    })
  })
  return server
})
