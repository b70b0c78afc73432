/**
 * The least that a broadcast can cost: `ws` by itself, which parses what one client sends, writes the
 * frame for all of them once, and sends that one buffer to each. It answers joins, and knows no topics.
 */
import { WebSocketServer } from 'ws'
import type { Frame } from '../lib/frames.js'
import { runFloor } from '../lib/program.js'

await runFloor((address) => {
  const server = new WebSocketServer(address)
  server.on('connection', (client) => {
    client.on('message', (bytes) => {
      const [joinRef, ref, topic, event, payload] = JSON.parse(String(bytes)) as Frame
      if (event === 'phx_join') {
        const reply = { status: 'ok', response: {} }
        return client.send(JSON.stringify([joinRef, ref, topic, 'phx_reply', reply]))
      }
      const frame = Buffer.from(JSON.stringify([null, null, topic, event, payload]))
      for (const member of server.clients) member.send(frame, { binary: false })
    })
  })
  return server
})
