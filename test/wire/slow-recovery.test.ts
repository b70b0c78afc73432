import { once } from 'node:events'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { defineChannel } from '../../plugins/phoenix.js'
import { startServer } from '../fixtures/server.js'
import { until } from '../fixtures/until.js'

const count = 120
const fill = 'x'.repeat(200_000)
const channel = defineChannel({ history: { size: count }, join: () => ({ status: 'ok' }) })

/** A client that comes back for far more than any system takes for it, and has the answer to its join. */
async function comesBack(t: Test, queueStallMs: number) {
  const limits = { queuedBytes: 1_000_000, queueStallMs }
  const { app, url } = await startServer(t, { channels: { 'room:*': channel }, limits })
  const { epoch } = await app.phoenix.publish('room:a', 'part', { n: 1, fill })
  for (let n = 2; n <= count; n++) app.phoenix.broadcast('room:a', 'part', { n, fill })
  const ws = new WebSocket(`${url}/websocket?vsn=2.0.0`)
  t.teardown(() => ws.terminate())
  await once(ws, 'open')
  ws.send(JSON.stringify(['1', '1', 'room:a', 'phx_join', { phx_recover: { epoch, offset: 0 } }]))
  const [reply] = await once(ws, 'message')
  t.match(String(reply), `"count":${count}`)
  return { app, ws }
}

t.test('who reads nothing of what it missed, and goes on to say that it is there, is ended', async (t) => {
  const { app, ws } = await comesBack(t, 400)
  ws.pause()
  await until(() => {
    ws.send('[null,"1","phoenix","heartbeat",{}]')
    return app.phoenix.stats.slowClosed > 0
  })
  ws.resume()
  await once(ws, 'close')
  t.equal(app.phoenix.stats.slowClosed, 1)
})

t.test('who reads it slowly, but steadily, gets all of it', async (t) => {
  const { app, ws } = await comesBack(t, 3000)
  let got = 0
  const all = new Promise<void>((resolve, reject) => {
    ws.on('close', () => reject(new Error(`closed after ${got}`)))
    ws.on('message', () => {
      if (++got === count) resolve()
      ws.pause()
      setTimeout(() => ws.resume(), 35)
    })
  })
  await all
  t.equal(app.phoenix.stats.slowClosed, 0)
})
