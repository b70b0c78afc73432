import { once } from 'node:events'
import t from 'tap'
import WebSocket from 'ws'
import { startServer } from '../fixtures/server.js'
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

t.test('what a client says behind a proxy that is trusted is kept only where it is an address', async (t) => {
  const connects = { count: 3, windowMs: 60_000 }
  const { app, base } = await startServer(t, { limits: { connects } }, { trustProxy: true })
  const connect = async (forwardedFor: string): Promise<number> => {
    const headers = { 'x-forwarded-for': forwardedFor }
    const response = await fetch(`${base}/socket/longpoll?vsn=2.0.0&user_id=nobody`, { headers })
    t.equal(((await response.json()) as { status: number }).status, 403)
    return app.phoenix.stats.connectsRateLimited
  }
  for (let i = 0; i < 3; i++) t.equal(await connect(`${'x'.repeat(8000)}${i}`), 0)
  t.equal(await connect(`unknown`), 1, 'all that is none is one')
  for (let i = 0; i < 3; i++) t.equal(await connect(`2001:db8::${i}`), 1)
  t.equal(await connect('2001:db8::ffff'), 2, 'a client has a whole /64')
  t.equal(await connect('2001:db8:0:1::1'), 2)
})
