import t from 'tap'
import { connectRaw } from '../fixtures/raw-client.js'
import { startServer } from '../fixtures/server.js'
import { ok, settled } from '../fixtures/test-socket.js'

t.test('a pause does not keep packed frames from unpacking: too many of them close the socket', async (t) => {
  const { app, url } = await startServer(t, {
    websocket: { compress: true },
    drain: { shutdownMs: 100 },
    channels: { '*': { join: () => ok, handleIn: () => new Promise<undefined>(() => {}) } },
    limits: {
      events: { count: 0, windowMs: 1 },
      eventBytes: { count: 0, windowMs: 1 },
      mailboxBytes: 1_000_000
    }
  })
  const client = await connectRaw(t, url, '', { perMessageDeflate: { threshold: 0 } })
  await client.join('a')
  const { connection } = client
  connection.cork()
  for (let i = 0; i < 100; i++) client.send('1', null, 'a', 'wait', { x: 'x'.repeat(100_000) })
  // Packing takes its time, and all of it is to come in one piece.
  for (let before = -1; connection.writableLength !== before || before < 10_000; ) {
    before = connection.writableLength
    for (let i = 0; i < 20; i++) await settled()
  }
  connection.uncork()
  t.equal(await client.closed, 1008)
  t.equal(app.phoenix.stats.mailboxesFull, 1)
})
