import t from 'tap'
import { redis } from '../../../lib/cluster/redis/redis.js'
import { noRedis, RedisServer } from '../../fixtures/redis-server.js'
import { startServer } from '../../fixtures/server.js'
import { until } from '../../fixtures/until.js'

t.test(
  'a node whose Redis is away for too long is not ready until it is back',
  { skip: noRedis() },
  async (t) => {
    const server = await RedisServer.start(t)
    const engineAwayMs = 1_500
    const start = (health: object) => startServer(t, { cluster: redis({ url: server.url }), health })
    const { app } = await start({ engineAwayMs })
    const patient = await start({ engineAwayMs: 0 })
    t.ok(app.phoenix.health().ready)
    // Ahead of it: the node may hear of the end before this does.
    const killed = performance.now()
    await server.kill()
    await until(() => app.phoenix.stats.cluster?.state === 'down')
    t.ok(app.phoenix.health().ready, 'a short interruption is none')
    await until(() => !app.phoenix.health().ready)
    const awayMs = performance.now() - killed
    t.ok(awayMs >= engineAwayMs, `after ${awayMs} ms`)
    t.same(app.phoenix.health().reasons, ['engine_away'])
    t.ok(patient.app.phoenix.health().ready, 'unless it is not to count')
    await server.start()
    await until(() => app.phoenix.health().ready)
    t.equal(app.phoenix.stats.cluster?.state, 'up')
  }
)

t.test('a Redis that hears and does not answer is away, too', { skip: noRedis() }, async (t) => {
  const server = await RedisServer.start(t)
  t.teardown(() => server.continue())
  const { app } = await startServer(t, {
    cluster: redis({ url: server.url }),
    health: { engineAwayMs: 2_000 }
  })
  server.freeze()
  await until(() => !app.phoenix.health().ready)
  t.same(app.phoenix.health().reasons, ['engine_away'])
  server.continue()
  await until(() => app.phoenix.health().ready)
})
