import underPressure from '@fastify/under-pressure'
import Fastify from 'fastify'
import t from 'tap'
import phoenix, { defineChannel } from '../../plugins/phoenix.js'
import { connectRaw, refusal } from '../fixtures/raw-client.js'
import { listen, options, startServer } from '../fixtures/server.js'
import { deferred } from '../fixtures/test-socket.js'

const ready = { ready: true, reasons: [] }
const draining = { ready: false, reasons: ['draining'] }

t.test('a node that is told to go is not ready at once, and serves on until it is drained', async (t) => {
  const { app, url, base } = await startServer(t, { drain: { delayMs: 2 ** 30 } })
  t.same(app.phoenix.health(), ready)
  const client = await connectRaw(t, url)
  const drained = app.phoenix.drain()
  t.same(app.phoenix.health(), draining)
  t.ok(await client.isAlive())
  const late = await connectRaw(t, url)
  t.ok(await late.isAlive(), 'whoever still comes is let in')
  const start = await fetch(`${base}/socket/longpoll?vsn=2.0.0`)
  t.match(await start.json(), { status: 410 })
  t.equal(start.headers.get('connection'), 'close', 'no connection is kept for later')
  await app.close()
  await drained
  t.same(await Promise.all([client.closed, late.closed]), [1012, 1012], 'a close does not wait')
  t.same(app.phoenix.health(), draining)
})

t.test('while sockets are drained HTTP is served, and new sockets go elsewhere', async (t) => {
  const [isDraining, isDrained] = [deferred(), deferred()]
  const slow = defineChannel({
    join: () => ({ status: 'ok' }),
    drain: () => {
      isDraining.resolve()
      return isDrained.promise
    }
  })
  const app = Fastify({ forceCloseConnections: true })
  await app.register(phoenix, { ...options, channels: { '*': slow } })
  app.get('/readyz', async (_request, reply) => {
    const health = app.phoenix.health()
    return reply.code(health.ready ? 200 : 503).send(health)
  })
  const { url, base } = await listen(t, app)
  const client = await connectRaw(t, url)
  await client.join('a')
  const drained = app.phoenix.drain()
  await isDraining.promise
  const answer = await fetch(`${base}/readyz`)
  t.equal(answer.status, 503)
  t.same(await answer.json(), draining)
  t.equal(await refusal(url), 503)
  isDrained.resolve()
  await drained
  t.equal(await client.closed, 1012)
  t.equal((await fetch(`${base}/readyz`)).status, 503, 'it listens until it is closed')
})

t.test(
  'a request that runs while the server closes is answered, even where connections are forced to close',
  async (t) => {
    const [asked, go] = [deferred(), deferred()]
    const app = Fastify({ forceCloseConnections: true })
    await app.register(phoenix, options)
    app.get('/slow', async () => {
      asked.resolve()
      await go.promise
      return 'done'
    })
    const { base } = await listen(t, app)
    const answer = fetch(`${base}/slow`)
    await asked.promise
    const closing = app.close()
    setImmediate(go.resolve)
    t.equal(await (await answer).text(), 'done')
    await closing
  }
)

t.test('drain takes a delay of its own, and refuses what is none', async (t) => {
  const { app } = await startServer(t, { drain: { delayMs: 2 ** 30 } })
  for (const delayMs of [-1, 1.5, '5' as never]) {
    t.throws(() => app.phoenix.drain({ delayMs }), { code: 'PHX_ERR_OPTION_INVALID', message: /delayMs/ })
  }
  t.same(app.phoenix.health(), ready)
  await app.phoenix.drain({ delayMs: 0 })
  t.same(app.phoenix.health(), draining)
})

t.test('health is of the whole server: mounts name the same options, or none', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const health = { engineAwayMs: 5_000 }
  await app.register(phoenix, { ...options, health })
  await app.register(phoenix, { ...options, path: '/second', health: { ...health } })
  await app.register(phoenix, { ...options, path: '/third' })
  await t.rejects(async () => app.register(phoenix, { ...options, path: '/fourth', health: {} }), {
    code: 'PHX_ERR_OPTION_INVALID',
    message: /health/
  })
})

t.test('wrong options of health are refused', async (t) => {
  for (const health of [null, [], { engineAwayMs: -1 }, { engineAwayMs: '10s' }, { engine_away_ms: 1 }]) {
    await t.rejects(async () => Fastify().register(phoenix, { ...options, health: health as never }), {
      code: 'PHX_ERR_OPTION_INVALID',
      message: /health/
    })
  }
})

t.test('@fastify/under-pressure asks for it', async (t) => {
  const app = Fastify()
  await app.register(phoenix, options)
  await app.register(underPressure, {
    healthCheck: async () => app.phoenix.health().ready,
    exposeStatusRoute: '/status'
  })
  app.get('/mine', async () => 'mine')
  await listen(t, app)
  t.equal((await app.inject('/status')).statusCode, 200)
  await app.phoenix.drain()
  t.equal((await app.inject('/status')).statusCode, 503)
  t.equal((await app.inject('/mine')).statusCode, 200, 'and refuses nothing else')
})
