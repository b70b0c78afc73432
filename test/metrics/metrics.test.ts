import Fastify from 'fastify'
import { Counter, Registry } from 'prom-client'
import t from 'tap'
import { metricKeys, table } from '../../lib/metrics/table.js'
import phoenix, { diagnostics, errors } from '../../plugins/phoenix.js'
import { readScrape, scrape, showMetrics } from '../fixtures/metrics.js'
import { connectPhoenix, join, push, rejoined } from '../fixtures/phoenix-client.js'
import { listen, options, startServer } from '../fixtures/server.js'
import { until } from '../fixtures/until.js'

t.test('sockets, channels, joins and handlers, by transport and pattern', async (t) => {
  const server = await startServer(t)
  await t.rejects(showMetrics(server.app), 'it is too late for routes')
  const app = Fastify({ forceCloseConnections: true })
  await app.register(phoenix, { ...options, longpoll: { windowMs: 500 } })
  await showMetrics(app)
  const { base, url } = await listen(t, app)
  const socket = connectPhoenix(t, url, { params: { user_id: 'alice' } })
  const other = connectPhoenix(t, url, { params: { user_id: 'bob' }, transport: 'longpoll' })
  const channel = socket.channel('room:1')
  t.equal((await join(channel)).status, 'ok')
  t.equal((await join(other.channel('room:1'))).status, 'ok')
  const refused = socket.channel('room:2', { refuse: true })
  t.equal((await join(refused)).status, 'error')
  refused.leave()
  await push(channel, 'ping')
  await push(channel, 'nack')
  const before = await scrape(base)
  t.match(Object.fromEntries(before), {
    'phoenix_sockets{transport="websocket"}': 1,
    'phoenix_sockets{transport="longpoll"}': 1,
    'phoenix_connects_total{transport="websocket",result="ok"}': 1,
    'phoenix_connect_duration_seconds_count{transport="longpoll"}': 1,
    'phoenix_channels{pattern="room:*"}': 2,
    phoenix_topics: 1,
    'phoenix_joins_total{pattern="room:*",result="ok"}': 2,
    'phoenix_joins_total{pattern="room:*",result="error"}': 1,
    'phoenix_join_duration_seconds_count{pattern="room:*"}': 3,
    'phoenix_join_duration_seconds_bucket{pattern="room:*",le="+Inf"}': 3,
    'phoenix_handler_runs_total{pattern="room:*",result="ok"}': 1,
    'phoenix_handler_runs_total{pattern="room:*",result="error"}': 1,
    'phoenix_handler_duration_seconds_count{pattern="room:*"}': 2,
    phoenix_ready: 1
  })
  t.ok(Number(before.get('phoenix_messages_received_total{transport="websocket"}')) >= 4)
  t.ok(Number(before.get('phoenix_messages_sent_total{transport="websocket"}')) >= 4)
  t.ok(Number(before.get('phoenix_received_bytes_total{transport="longpoll"}')) > 20)
  t.ok(Number(before.get('phoenix_sent_bytes_total{transport="websocket"}')) > 100)

  app.phoenix.broadcast('room:1', 'news', {})
  const told = await scrape(base)
  t.equal(told.get('phoenix_broadcasts_total{result="ok"}'), 1)
  t.equal(told.get('phoenix_broadcast_deliveries_total'), 2)
  socket.disconnect()
  other.disconnect()
  await until(async () => (await scrape(base)).get('phoenix_channels{pattern="room:*"}') === 0)
  const after = await scrape(base)
  t.equal(after.get('phoenix_sockets{transport="websocket"}'), 0)
  t.equal(after.get('phoenix_topics'), 0)
})

t.test('channels are counted until their end, whatever it is', async (t) => {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(phoenix, options)
  await showMetrics(app)
  const { base, url } = await listen(t, app)
  const see = async () => (await scrape(base)).get('phoenix_channels{pattern="room:*"}')
  const sockets = ['alice', 'bob'].map((user_id) => connectPhoenix(t, url, { params: { user_id } }))
  for (const socket of sockets) {
    const channels = ['room:1', 'room:2', 'room:3'].map((topic) => socket.channel(topic))
    for (const channel of channels) await join(channel)
    const [left, crashed] = channels
    left?.leave()
    const again = crashed && rejoined(crashed)
    crashed?.push('crash', {})
    await again
    // The same topic once more ends the channel that has it.
    t.equal((await join(socket.channel('room:3'))).status, 'ok')
  }
  await until(async () => (await see()) === 4)
  app.phoenix.disconnect('user_socket:alice')
  for (const socket of sockets) socket.disconnect()
  await until(async () => (await see()) === 0)
  const seen = await scrape(base)
  t.equal(seen.get('phoenix_handler_runs_total{pattern="room:*",result="crashed"}'), 2)
})

t.test('who is refused, and why', async (t) => {
  const app = Fastify()
  await app.register(phoenix, { ...options, limits: { joins: { count: 1, windowMs: 60_000 } } })
  await showMetrics(app)
  const { base, url } = await listen(t, app)
  t.equal((await fetch(`${base}/socket/longpoll?vsn=2.0.0&user_id=nobody`)).status, 200)
  t.equal((await fetch(`${base}/socket/longpoll?vsn=9.0.0`)).status, 200)
  const socket = connectPhoenix(t, url, { params: { user_id: 'alice' } })
  await join(socket.channel('room:1'))
  const refused = socket.channel('room:2')
  await join(refused)
  refused.leave()
  t.match(Object.fromEntries(await scrape(base)), {
    'phoenix_refusals_total{kind="connect"}': 1,
    'phoenix_refusals_total{kind="version"}': 1,
    'phoenix_refusals_total{kind="origin"}': 0,
    'phoenix_connects_total{transport="longpoll",result="refused"}': 2,
    'phoenix_rate_limited_total{limit="joins"}': Number,
    'phoenix_joins_total{pattern="room:*",result="refused"}': Number
  })
})

t.test('every metric is there from the start, or needs something to happen first', async (t) => {
  const app = Fastify()
  await app.register(phoenix, options)
  const register = await showMetrics(app, { path: false })
  await listen(t, app)
  const text = await register.metrics()
  for (const key of metricKeys) t.match(text, `# TYPE ${table[key].name} ${table[key].type}\n`)
  const names = [...readScrape(text).keys()].map((series) => series.replace(/\{.*/, ''))
  t.ok(names.every((name) => name.startsWith('phoenix_')))
  t.equal((await app.inject('/metrics')).statusCode, 404, 'without a path there is no route')
})

t.test('servers of one register are shown together, those of others are not', async (t) => {
  const register = new Registry()
  const apps = await Promise.all(
    [register, register, new Registry()].map(async (register) => {
      const app = Fastify({ forceCloseConnections: true })
      await app.register(phoenix, options)
      await showMetrics(app, { register })
      return listen(t, app)
    })
  )
  for (const { url } of apps)
    await join(connectPhoenix(t, url, { params: { user_id: 'a' } }).channel('room:1'))
  const [one, other, apart] = apps as [(typeof apps)[0], (typeof apps)[0], (typeof apps)[0]]
  const joins = 'phoenix_joins_total{pattern="room:*",result="ok"}'
  t.equal((await scrape(one.base)).get(joins), 2)
  t.equal((await scrape(apart.base)).get(joins), 1)

  await other.app.close()
  const left = await scrape(one.base)
  t.equal(left.get(joins), 2, 'what was counted does not fall')
  t.equal(left.get('phoenix_sockets{transport="websocket"}'), 1, 'what is there does')
  t.equal([...left.keys()].filter((series) => series.startsWith('phoenix_node_info')).length, 1)
  await one.app.close()
  t.same(register.getMetricsAsArray(), [], 'and the register is as it was')
})

t.test('one server is counted once, however often it is shown', async (t) => {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(phoenix, options)
  const register = await showMetrics(app)
  await showMetrics(app, { register, path: '/again' })
  await showMetrics(app, { path: '/apart' })
  const { base, url } = await listen(t, app)
  await join(connectPhoenix(t, url, { params: { user_id: 'a' } }).channel('room:1'))
  for (const path of ['/metrics', '/again', '/apart'])
    t.equal((await scrape(base, path)).get('phoenix_joins_total{pattern="room:*",result="ok"}'), 1, path)
})

t.test('metrics of the application are beside ours, and OpenMetrics is spoken', async (t) => {
  const register = new Registry()
  new Counter({ name: 'shop_orders_total', help: 'Orders.', registers: [register] }).inc(3)
  register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
  const app = Fastify()
  await app.register(phoenix, options)
  await showMetrics(app, { register })
  const response = await app.inject('/metrics')
  t.match(response.headers['content-type'], 'application/openmetrics-text')
  t.match(response.body, 'shop_orders_total 3')
  t.match(response.body, '# TYPE phoenix_joins counter\nphoenix_joins_total{pattern="room:*",result="ok"} 0')
  t.match(response.body, /# EOF\n$/)
  register.resetMetrics()
  t.match(await register.metrics(), 'phoenix_joins_total', 'what is ours is not reset')
  await app.close()
})

t.test('the route is in its context: its prefix, and whoever watches over it', async (t) => {
  const app = Fastify()
  await app.register(phoenix, options)
  await app.register(
    async (inner) => {
      inner.addHook('onRequest', async (request, reply) => {
        if (request.headers.authorization !== 'Bearer secret') await reply.code(401).send()
      })
      await showMetrics(inner)
    },
    { prefix: '/ops' }
  )
  t.teardown(() => app.close())
  t.equal((await app.inject('/ops/metrics')).statusCode, 401)
  const seen = await app.inject({ url: '/ops/metrics', headers: { authorization: 'Bearer secret' } })
  t.equal(seen.statusCode, 200)
  t.equal(seen.headers['cache-control'], 'no-store')
})

t.test('options that are none are named', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const wrong = { path: 'metrics', register: {}, pth: '/metrics' }
  for (const [name, value] of Object.entries(wrong)) {
    await t.rejects(
      async () => app.register(async (inner) => showMetrics(inner, { [name]: value })),
      errors.InvalidOption
    )
  }
})

t.test('nobody listens any more once the server has closed', async (t) => {
  const app = Fastify()
  await app.register(phoenix, options)
  await showMetrics(app)
  await showMetrics(app, { path: '/again' })
  await listen(t, app)
  t.ok(diagnostics.join.hasSubscribers && diagnostics.closed.hasSubscribers)
  t.notOk(diagnostics.hook.hasSubscribers || diagnostics.handleIn.hasSubscribers, 'these are counted without')
  await app.close()
  t.same(
    Object.entries(diagnostics).filter(([, { hasSubscribers }]) => hasSubscribers),
    []
  )
})
