import t, { type Test } from 'tap'
import { redis } from '../../../lib/cluster/redis/redis.js'
import type { PhoenixService } from '../../../plugins/phoenix.js'
import { read } from '../../fixtures/documents.js'
import { historyCases, type KeepingWorld } from '../../fixtures/history-cases.js'
import { missedCases } from '../../fixtures/missed-cases.js'
import { clusterServers } from '../../fixtures/nodes.js'
import { keepingMount, RecoveringMember, upTo } from '../../fixtures/recovering-member.js'
import { RedisClusterServers } from '../../fixtures/redis-cluster.js'
import { noRedis, RedisServer } from '../../fixtures/redis-server.js'
import { until } from '../../fixtures/until.js'

const skip = noRedis()

const isUp = ({ stats }: PhoenixService): boolean => stats.cluster?.state === 'up'

/** One Redis, and some nodes. */
async function start(t: Test, { count = 2 } = {}) {
  const engine = await RedisServer.start(t)
  const adapter = () => redis({ url: engine.url })
  const servers = await clusterServers(t, { adapter, count, mount: keepingMount })
  return { engine, services: servers.map(({ app }) => app.phoenix) }
}

t.test('what all engines do', { skip }, async (t) => {
  const world: KeepingWorld = {
    async start(t, keepsData) {
      const lines = keepsData ? ['appendonly yes', 'appendfsync always'] : []
      const engine = await RedisServer.start(t, { lines: () => lines })
      return {
        adapter: () => redis({ url: engine.url }),
        kill: () => engine.kill(),
        start: () => engine.start(),
        cut: () => engine.ask('CLIENT', 'KILL', 'TYPE', 'pubsub'),
        save: () => engine.ask('SAVE')
      }
    }
  }
  historyCases(t, world)
  missedCases(t, world)
})

t.test('a Redis Cluster keeps each topic where its channel is', { skip }, async (t) => {
  const { rootNodes } = await RedisClusterServers.start(t)
  const servers = await clusterServers(t, {
    adapter: () => redis({ cluster: { rootNodes } }),
    count: 2,
    mount: keepingMount
  })
  const [one, other] = servers.map(({ app }) => app.phoenix) as [PhoenixService, PhoenixService]
  const topics = upTo(30).map((n) => `room:${n}`)
  const positions = await Promise.all(
    topics.map((topic) => one.publish(topic, 'say', { topic }, { key: 'a' }))
  )
  for (const [index, topic] of topics.entries()) {
    t.same(await other.publish(topic, 'say', {}, { key: 'a' }), positions[index])
    t.match(await other.history(topic), { position: { offset: 1 }, messages: [{ payload: { topic } }] })
  }
  const member = new RecoveringMember(t, servers[1]?.url.replace('ws:', 'http:') ?? '', 'alice')
  await member.joined
  await one.publish('room:1', 'say', { n: 1 })
  await until(() => member.heard.length > 0)
  t.same(member.heard, [1])

  const unsharded = redis({ cluster: { rootNodes }, sharded: false })
  t.equal(unsharded.history, undefined)
})

t.test('a user of Redis with the rights that the guide names is enough', { skip }, async (t) => {
  const rights =
    '&phx:* ~phx:* -@all +ping +publish +subscribe +unsubscribe +evalsha +script|load +get +set +hsetnx +hincrby +hget +hmget +pexpire +del +time +xadd +xrange +xrevrange +xdel'
  for (const command of rights.match(/[+][a-z|]+/g) ?? []) t.match(read('plugins/guides/cluster.md'), command)
  const engine = await RedisServer.start(t, { lines: () => [`user app on >secret resetchannels ${rights}`] })
  const url = engine.url.replace('redis://', 'redis://app:secret@')
  const [server] = await clusterServers(t, { adapter: () => redis({ url }), count: 1, mount: keepingMount })
  const service = server?.app.phoenix as PhoenixService
  const position = await service.publish('room:1', 'say', { n: 1 }, { key: 'a' })
  t.same(await service.publish('room:1', 'say', { n: 1 }, { key: 'a' }), position)
  t.match(await service.history('room:1'), { position, messages: [{ payload: { n: 1 } }] })
})

t.test(
  'scripts that Redis has forgotten it is told anew; where it refuses them publishing fails and all else goes on',
  { skip },
  async (t) => {
    const { engine, services } = await start(t)
    const [one] = services as [PhoenixService]
    await one.publish('room:1', 'say', { n: 1 })
    await engine.ask('SCRIPT', 'FLUSH')
    const unavailable = { code: 'PHX_ERR_HISTORY_UNAVAILABLE' }
    const positions = await Promise.all([2, 3].map((n) => one.publish('room:1', 'say', { n })))
    t.same(
      positions.map(({ offset }) => offset),
      [2, 3]
    )
    await engine.ask('ACL', 'SETUSER', 'default', '-evalsha')
    await t.rejects(one.publish('room:1', 'say', { n: 3 }), unavailable)
    await t.rejects(one.history('room:1'), unavailable)
    t.ok(isUp(one))
    t.ok(Number(one.stats.cluster?.dropped) >= 1)
    await engine.ask('ACL', 'SETUSER', 'default', '+evalsha')
    t.equal((await one.publish('room:1', 'say', { n: 4 })).offset, 4)
  }
)

t.test('a Redis that has become a replica is left', { skip }, async (t) => {
  const { engine, services } = await start(t, { count: 1 })
  const [one] = services as [PhoenixService]
  await one.publish('room:1', 'say', { n: 1 })
  const interruptions = one.stats.cluster?.interruptions ?? 0
  const other = await RedisServer.start(t)
  await engine.ask('REPLICAOF', '127.0.0.1', String(other.port))
  await t.rejects(one.publish('room:1', 'say', { n: 2 }), { code: 'PHX_ERR_HISTORY_UNAVAILABLE' })
  await until(() => Number(one.stats.cluster?.interruptions) > interruptions)
  await engine.ask('REPLICAOF', 'NO', 'ONE')
  await until(() => isUp(one))
  t.ok((await one.publish('room:1', 'say', { n: 3 })).offset > 0)
})
