import fastifyWebsocket from '@fastify/websocket'
import Fastify from 'fastify'
import t from 'tap'
import phoenix from '../../plugins/phoenix.js'
import { connectRaw, refusal } from '../fixtures/raw-client.js'
import { listen, options } from '../fixtures/server.js'

t.test('several mounts of one server share their topics', async (t) => {
  const app = Fastify()
  await app.register(phoenix, { ...options, path: '/one' })
  await app.register(phoenix, { ...options, path: '/two' })
  const { base } = await listen(t, app)
  const one = await connectRaw(t, `${base}/one`)
  const two = await connectRaw(t, `${base}/two`)
  await one.join('room:a')
  await two.join('room:a')
  one.send('1', '2', 'room:a', 'shout', { x: 1 })
  t.same(await two.next(), [null, null, 'room:a', 'shout', { x: 1 }])
  t.equal(app.phoenix.socketCount, 2)
})

t.test('mounts in contexts of their own share them too, and each of them is served once', async (t) => {
  const app = Fastify()
  let connects = 0
  const connect = () => {
    connects++
    return {}
  }
  await app.register(async (scope) => {
    await scope.register(phoenix, { ...options, connect, path: '/one' })
  })
  await app.register(
    async (scope) => {
      await scope.register(phoenix, { ...options, connect, path: '/two' })
    },
    { prefix: '/api' }
  )
  const { base } = await listen(t, app)
  const one = await connectRaw(t, `${base}/one`)
  const two = await connectRaw(t, `${base}/api/two`)
  await one.join('room:a')
  await two.join('room:a')
  t.equal(connects, 2)
  one.send('1', '2', 'room:a', 'shout', { x: 1 })
  t.same(await two.next(), [null, null, 'room:a', 'shout', { x: 1 }])
  await app.close()
  t.same([await one.closed, await two.closed], [1012, 1012])
})

t.test('a prefix is put in front of the path, given to the plugin or to the context around it', async (t) => {
  const app = Fastify()
  await app.register(phoenix, { ...options, prefix: '/plugin' })
  await app.register(async (scope) => scope.register(phoenix, options), { prefix: '/context' })
  const { base } = await listen(t, app)
  for (const prefix of ['plugin', 'context']) {
    const client = await connectRaw(t, `${base}/${prefix}/socket`)
    t.ok(await client.isAlive())
    const poll = await fetch(`${base}/${prefix}/socket/longpoll?vsn=2.0.0`)
    t.match(await poll.json(), { status: 410 })
  }
  t.equal(await refusal(`${base}/socket`), 404)
})

t.test('a path parameter has a value, or the mount is not found', async (t) => {
  const app = Fastify()
  let connected: unknown
  const connect = (params: object) => {
    connected = params
    return {}
  }
  await app.register(phoenix, { ...options, connect, path: '/:tenant/live' })
  const { base } = await listen(t, app)
  await connectRaw(t, `${base}/acme/live`)
  t.match(connected, { tenant: 'acme' })
  t.equal(await refusal(`${base}//live`), 404)
  for (const method of ['GET', 'POST']) {
    t.equal((await fetch(`${base}//live/longpoll?vsn=2.0.0`, { method })).status, 404)
  }
})

t.test('@fastify/websocket of the application is used, and its own routes work on', async (t) => {
  const app = Fastify()
  await app.register(fastifyWebsocket)
  await app.register(phoenix, { ...options, limits: { frameBytes: 1000 } })
  app.get('/echo/websocket', { websocket: true }, (ws) => {
    ws.on('message', (data) => ws.send(data.toString()))
  })
  const { base, url } = await listen(t, app)
  const echo = await connectRaw(t, `${base}/echo`)
  echo.ws.send('"hello"')
  t.equal(await echo.next(), 'hello')
  const client = await connectRaw(t, url)
  t.ok(await client.isAlive())
  client.ws.send('x'.repeat(1000))
  t.equal(await client.closed, 1009, 'the limit of the mount holds')
})

t.test('each mount has its own limit of a frame', async (t) => {
  const app = Fastify()
  await app.register(phoenix, { ...options, path: '/small', limits: { frameBytes: 200 } })
  await app.register(phoenix, { ...options, path: '/large', limits: { frameBytes: 20_000 } })
  const { base } = await listen(t, app)
  const small = await connectRaw(t, `${base}/small`)
  const large = await connectRaw(t, `${base}/large`)
  const frame = [null, '1', 'phoenix', 'heartbeat', { fill: 'x'.repeat(10_000) }]
  small.send(...frame)
  large.send(...frame)
  t.equal(await small.closed, 1009)
  t.match(await large.next(), [null, '1'])
})

t.test('the sockets of a user count together over the mounts', async (t) => {
  const app = Fastify()
  const limits = { socketsPerUser: 2 }
  await app.register(phoenix, { ...options, limits, path: '/one' })
  await app.register(phoenix, { ...options, limits, path: '/two' })
  const { base } = await listen(t, app)
  await connectRaw(t, `${base}/one`, 'user_id=alice')
  await connectRaw(t, `${base}/two`, 'user_id=alice')
  t.equal(await refusal(`${base}/two`, 'user_id=alice'), 403)
})
