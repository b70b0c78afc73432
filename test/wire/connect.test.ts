import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import t from 'tap'
import { connectRaw, RawClient, refusal } from '../fixtures/raw-client.js'
import { startServer } from '../fixtures/server.js'
import { deferred } from '../fixtures/test-socket.js'

t.test('a refused connect is 403 before the upgrade, and says so in the body of a long-poll', async (t) => {
  const { url, base } = await startServer(t)
  t.equal(await refusal(url, 'user_id=nobody'), 403)
  const poll = await fetch(`${base}/socket/longpoll?vsn=2.0.0&user_id=nobody`)
  t.equal(poll.status, 200)
  t.same(await poll.json(), { status: 403 })
})

t.test('a connect that raises is 500, and tells the client nothing of the error', async (t) => {
  const { url, base } = await startServer(t, {
    connect: () => {
      throw new Error('secret')
    }
  })
  t.equal(await refusal(url), 500)
  const poll = await fetch(`${base}/socket/longpoll?vsn=2.0.0`)
  t.equal(poll.status, 500)
  t.notMatch(await poll.text(), 'secret')
})

t.test('while one connect hangs, others are served, and its client may go away', async (t) => {
  const gate = deferred<null>()
  const asked = deferred()
  const { app, url } = await startServer(t, {
    connect(params) {
      if (params.user_id !== 'slow') return { userId: params.user_id }
      asked.resolve()
      return gate.promise
    }
  })
  const slow = new RawClient(`${url}/websocket?vsn=2.0.0&user_id=slow`)
  await asked.promise
  t.ok(await (await connectRaw(t, url, 'user_id=alice')).isAlive())
  slow.ws.terminate()
  await slow.closed
  gate.resolve(null)
  t.equal(app.phoenix.socketCount, 1)
})

t.test('a client that went away while it was let in takes no place', async (t) => {
  const gate = deferred<{ userId: string }>()
  const asked = deferred()
  const { url } = await startServer(t, {
    limits: { socketsPerUser: 1 },
    connect: (params) => {
      if (params.slow === undefined) return { userId: 'alice' }
      asked.resolve()
      return gate.promise
    }
  })
  const gone = new RawClient(`${url}/websocket?vsn=2.0.0&slow=1`)
  await asked.promise
  gone.ws.terminate()
  await gone.closed
  gate.resolve({ userId: 'alice' })
  // The server sees that the connection is gone once it has tried to use it.
  while ((await refusal(url)) === 403) t.comment('the place is still taken')
  t.pass('the place is free')
})

t.test('a request that is no upgrade is 400', async (t) => {
  const { base } = await startServer(t)
  for (const method of ['GET', 'POST', 'PUT']) {
    t.equal((await fetch(`${base}/socket/websocket?vsn=2.0.0`, { method })).status, 400)
  }
})

t.test('a request without a host, or with one that is none, breaks nothing', async (t) => {
  const { url, port } = await startServer(t, { connectInfo: ['uri'] })
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
  const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
  const request = (version: string, host: string) =>
    `GET /socket/websocket?vsn=2.0.0 HTTP/${version}\r\n${host}Origin: http://evil.example\r\n${upgrade}${key}\r\n`
  for (const head of [request('1.0', ''), request('1.1', 'Host: [\r\n'), request('1.1', 'Host: a b:c\r\n')]) {
    const tcp = connectTcp(port, '127.0.0.1')
    tcp.write(head)
    const [data] = (await once(tcp, 'data')) as [Buffer]
    t.match(data.toString(), /^HTTP\/1\.1 4/)
    tcp.destroy()
  }
  t.ok(await (await connectRaw(t, url)).isAlive())
})
