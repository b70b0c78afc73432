import { once } from 'node:events'
import fastifyWebsocket from '@fastify/websocket'
import Fastify from 'fastify'
import t from 'tap'
import { WebSocket } from 'ws'
import phoenix, { defineChannel } from '../../plugins/phoenix.js'
import { connectRaw, RawClient, refusal } from '../fixtures/raw-client.js'
import { listen, options, startServer } from '../fixtures/server.js'
import { deferred } from '../fixtures/test-socket.js'

t.test('closing the server closes its sockets with 1012 and ends their channels', async (t) => {
  const reasons: string[] = []
  const { app, url } = await startServer(t, {
    channels: { '*': { join: () => ({ status: 'ok' }), terminate: (reason) => void reasons.push(reason) } }
  })
  const clients = [await connectRaw(t, url), await connectRaw(t, url)]
  for (const client of clients) await client.join('a')
  await app.close()
  t.same(await Promise.all(clients.map(({ closed }) => closed)), [1012, 1012])
  t.same(reasons, ['draining', 'draining'])
  t.equal(app.phoenix.socketCount, 0)
})

t.test('a socket that was drained to its end says so, and one that was cut off does not', async (t) => {
  const hanging = defineChannel({ join: () => ({ status: 'ok' }), drain: () => new Promise<void>(() => {}) })
  const { app, url } = await startServer(t, {
    channels: { 'hangs:*': hanging, '*': { join: () => ({ status: 'ok' }) } },
    drain: { shutdownMs: 100 }
  })
  const clients = [await connectRaw(t, url), await connectRaw(t, url)] as const
  await clients[0].join('a')
  await clients[1].join('hangs:a')
  const closes = clients.map(async ({ ws }) => {
    const [code, reason] = await once(ws, 'close')
    return [code, String(reason)]
  })
  await app.close()
  t.same(await Promise.all(closes), [
    [1012, 'drained'],
    [1012, '']
  ])
})

t.test('clients that come back while the server closes are refused, and do not keep it', async (t) => {
  const draining = deferred()
  const drained = deferred()
  const slow = defineChannel({
    join: () => ({ status: 'ok' }),
    drain: () => {
      draining.resolve()
      return drained.promise
    }
  })
  const { app, url } = await startServer(t, { channels: { '*': slow } })
  const client = await connectRaw(t, url)
  await client.join('a')
  const closing = app.close()
  await draining.promise
  t.same(await Promise.all([refusal(url), refusal(url), refusal(`${url}/nowhere`)]), [503, 503, 503])
  drained.resolve()
  await closing
})

t.test('a poll that waits is answered when the server closes', async (t) => {
  const { app, base } = await startServer(t)
  const start = await fetch(`${base}/socket/longpoll?vsn=2.0.0`)
  const { token } = (await start.json()) as { token: string }
  const polled = once(app.server, 'request')
  const poll = fetch(`${base}/socket/longpoll?vsn=2.0.0&token=${token}`)
  await polled
  const closing = app.close()
  t.match(await (await poll).json(), { status: 204 })
  await closing
})

t.test('a join that hangs does not keep the POST that it came in', async (t) => {
  const joining = deferred()
  const hanging = defineChannel({
    join: () => {
      joining.resolve()
      return new Promise(() => {})
    }
  })
  const { app, base } = await startServer(t, {
    channels: { 'room:*': hanging },
    // So long that the test would not end: the answer has to come by itself.
    longpoll: { windowMs: 2 ** 30 }
  })
  const url = `${base}/socket/longpoll?vsn=2.0.0`
  const { token } = (await (await fetch(url)).json()) as { token: string }
  const body = '["1","1","room:a","phx_join",{}]'
  const headers = { 'content-type': 'application/x-ndjson' }
  const post = fetch(`${url}&token=${token}`, { method: 'POST', headers, body })
  await joining.promise
  await app.close()
  t.same(await (await post).json(), { status: 410 })
})

t.test('a connect that hangs does not keep the server from closing', async (t) => {
  const asked = deferred()
  const { app, url } = await startServer(t, {
    connect: () => {
      asked.resolve()
      return new Promise<null>(() => {})
    }
  })
  const client = new RawClient(`${url}/websocket?vsn=2.0.0`)
  await asked.promise
  await app.close()
  t.equal(await client.closed, 1006)
})

t.test('a connect that is decided while the server closes opens no socket any more', async (t) => {
  const asked = deferred()
  const gate = deferred<object>()
  const { app, url } = await startServer(t, {
    connect: () => {
      asked.resolve()
      return gate.promise as Promise<Record<string, unknown>>
    }
  })
  const client = new RawClient(`${url}/websocket?vsn=2.0.0`)
  await asked.promise
  const closing = app.close()
  gate.resolve({})
  await closing
  t.ok([1006, 1012].includes(await client.closed), 'refused before the upgrade or closed right after it')
  t.equal(app.phoenix.socketCount, 0)
})

t.test('a client that does not answer the close frame is not waited for', async (t) => {
  const { app, url } = await startServer(t)
  const client = await connectRaw(t, url)
  client.ws.pause()
  await app.close()
  t.equal(app.phoenix.socketCount, 0)
})

t.test('a @fastify/websocket of the application closes as well', async (t) => {
  const app = Fastify()
  await app.register(fastifyWebsocket)
  await app.register(phoenix, options)
  const { url } = await listen(t, app)
  const client = await connectRaw(t, url)
  await app.close()
  t.equal(await client.closed, 1012)
})

t.test('nothing keeps the process when the server is closed', async (t) => {
  const { app, url, base } = await startServer(t, { expiresAt: () => Date.now() + 3_600_000 })
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const client = new WebSocket(`${url}/websocket?vsn=2.0.0`)
  await once(client, 'open')
  await fetch(`${base}/socket/longpoll?vsn=2.0.0`)
  await app.close()
  if (client.readyState !== WebSocket.CLOSED) await once(client, 'close')
  t.notOk(process.getActiveResourcesInfo().some((name) => name.startsWith('TCPServer')))
  t.equal(app.phoenix.socketCount, 0)
  t.ok(timers() <= 1, 'at most the timer of the test itself')
})
