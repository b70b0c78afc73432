import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { EndpointCounters } from '../../lib/endpoint/stats.js'
import { defaultLimits } from '../../lib/limits/limits.js'
import { QueuedMemory } from '../../lib/limits/queued-memory.js'
import { Turns } from '../../lib/limits/turns.js'
import { SharedText } from '../../lib/protocol/frame.js'
import { BacklogWatch } from '../../lib/transport/backlog-watch.js'
import { IdleWatch } from '../../lib/transport/idle-watch.js'
import { WebSocketTransport } from '../../lib/transport/websocket.js'
import { silentLogger } from '../../lib/util/logger.js'
import { FakeClock } from '../fixtures/fake-clock.js'

/** A transport over a WebSocket on loopback, and its client. */
async function connect(t: Test, perMessageDeflate: boolean) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate })
  const heard: string[] = []
  client.on('message', (data, isBinary) => heard.push(isBinary ? 'binary' : String(data)))
  const [ws, request] = (await once(server, 'connection')) as [WebSocket, IncomingMessage]
  t.teardown(() => {
    client.terminate()
    server.close()
  })
  const clock = new FakeClock()
  const options = {
    clock,
    log: silentLogger,
    stats: new EndpointCounters(),
    turns: new Turns(),
    idleWatch: new IdleWatch(clock, 0),
    backlogs: new BacklogWatch(clock, new QueuedMemory()),
    limits: { ...defaultLimits, frameBytes: 0 }
  }
  return { transport: new WebSocketTransport(ws, options, request.socket), ws, client, heard }
}

const sizes = [0, 1, 125, 126, 127, 1024, 1025, 65_535, 65_536, 200_000]

for (const compress of [false, true]) {
  t.test(`texts of all sizes arrive whole and in order, compressed: ${compress}`, async (t) => {
    const { transport, ws, client, heard } = await connect(t, compress)
    t.equal(ws.extensions !== '', compress)
    const sent: string[] = []
    for (const size of sizes) {
      for (const text of ['x'.repeat(size), 'ü€😀'.repeat(size / 9)]) {
        transport.send(new SharedText(text))
        transport.send(text)
        sent.push(text, text)
      }
      transport.send(Buffer.alloc(size))
      sent.push('binary')
    }
    transport.close(1000)
    await once(client, 'close')
    t.equal(heard.length, sent.length)
    t.ok(heard.every((text, i) => text === sent[i]))
  })
}

t.test('nothing follows the close frame', async (t) => {
  const { transport, client, heard } = await connect(t, false)
  transport.send(new SharedText('before'))
  transport.close(1012)
  transport.send(new SharedText('after'))
  transport.send('after')
  const [code] = await once(client, 'close')
  t.same([heard, code], [['before'], 1012])
})

t.test('a text keeps its length in bytes and what it says', async (t) => {
  const text = new SharedText('€\ud800')
  t.same([text.byteLength, String(text.bytes), String(text)], [6, '€\ufffd', '€\ud800'])
})
