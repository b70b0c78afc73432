import { once } from 'node:events'
import t from 'tap'
import WebSocket from 'ws'
import { startUserServer } from '../fixtures/user-server.js'

t.test('an address that connects too often is refused with 429', async (t) => {
  const { app, base } = await startUserServer(t, {}, { limits: { connects: { count: 2, windowMs: 60_000 } } })
  const connect = (): WebSocket => {
    const ws = new WebSocket(`${base.replace('http', 'ws')}/websocket?user_id=alice&vsn=2.0.0`)
    ws.on('error', () => {})
    t.teardown(() => ws.terminate())
    return ws
  }
  for (let i = 0; i < 2; i++) await once(connect(), 'open')
  const [, response] = await once(connect(), 'unexpected-response')
  t.equal(response.statusCode, 429)
  const poll = await fetch(`${base}/longpoll?user_id=alice&vsn=2.0.0`)
  t.same(await poll.json(), { status: 403 })
  t.equal(app.phoenix.stats.connectsRateLimited, 2)
})
