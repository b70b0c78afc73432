import t from 'tap'
import { shardedNames, slotOf } from '../../../lib/cluster/redis/names.js'
import { redis } from '../../../lib/cluster/redis/redis.js'
import { clusterAdapterCases } from '../../../lib/cluster/suite.js'
import { RedisClusterServers } from '../../fixtures/redis-cluster.js'
import { patience, reaches, redisNode } from '../../fixtures/redis-nodes.js'
import { noRedis, type RedisServer } from '../../fixtures/redis-server.js'

const skip = noRedis()
const channels = Array.from({ length: 200 }, (_, i) => `t:room:${i}`)

t.test('names are in the slots that Redis has them in, spread over all', async (t) => {
  // What the specification of Redis Cluster gives as an example, 0x31C3.
  t.equal(slotOf('123456789'), 12_739)
  const { heads, headBytes, headOf } = shardedNames('é:')
  const slots = heads.map((head) => slotOf(head.slice(3, -1)))
  t.same(
    slots.map((slot) => Math.floor((slot * 64) / 16_384)),
    [...slots.keys()]
  )
  t.ok(heads.every((head) => Buffer.byteLength(head) === headBytes))
  t.ok(new Set(channels.map(headOf)).size > 48)
})

t.test('the suite, with channels that are sharded', { skip }, async (t) => {
  const { rootNodes } = await RedisClusterServers.start(t)
  for (const { name, needs, run } of clusterAdapterCases) {
    if (needs.length > 0) continue
    await t.test(name, () => run({ adapter: () => redis({ cluster: { rootNodes } }) }))
  }
})

t.test(
  'channels of one server reach nodes at another one, where they are not sharded',
  { skip },
  async (t) => {
    const { masters } = await RedisClusterServers.start(t)
    const [a, b] = await Promise.all(
      masters
        .slice(0, 2)
        .map(({ url }) => redisNode(t, { cluster: { rootNodes: [{ url }] }, sharded: false }, channels))
    )
    for (const channel of channels) await a?.publish(channel, channel)
    await patience.until('all arrive', () => b?.received.length === channels.length)
    t.same(
      b?.received.map(({ channel }) => channel),
      channels
    )
  }
)

t.test('a slot that goes to another server is followed', { skip }, async (t) => {
  const cluster = await RedisClusterServers.start(t)
  const [, second] = cluster.masters as [RedisServer, RedisServer]
  const { rootNodes } = cluster
  const a = await redisNode(t, { cluster: { rootNodes } }, channels)
  const b = await redisNode(t, { cluster: { rootNodes } }, channels)
  const { heads, headOf } = shardedNames('phx:')
  const slot = slotOf((heads[0] as string).slice(5, -1))
  const moved = channels.find((channel) => headOf(channel) === 0) as string
  await reaches(a, b, moved)
  await cluster.move(slot, second)
  a.adapter.publish(moved, Buffer.from('moved'))
  await patience.until('both were told', () => a.states.length >= 2 && b.states.length >= 2)
  await patience.until('both are up', () => !a.isDown && !b.isDown)
  await reaches(a, b, moved)
  const shards = await second.ask('PUBSUB', 'SHARDNUMSUB', `${heads[0]}${moved}`)
  t.same(shards, [`${heads[0]}${moved}`, 1], 'subscribed at the other server')
})

t.test('a slot that nobody here uses yet is followed as well', { skip }, async (t) => {
  const cluster = await RedisClusterServers.start(t)
  const [first, second] = cluster.masters as [RedisServer, RedisServer]
  const node = await redisNode(t, { cluster: { rootNodes: [{ url: first.url }] } })
  const { heads, headOf } = shardedNames('phx:')
  await cluster.move(slotOf((heads[0] as string).slice(5, -1)), second)
  await patience.until('it was told', () => node.states.length >= 2)
  t.same(node.states, ['down', 'up'])
  const moved = channels.find((channel) => headOf(channel) === 0) as string
  await reaches(node, node, moved)
})

t.test('the servers that a cluster has in the end are found through each other', { skip }, async (t) => {
  const cluster = await RedisClusterServers.start(t)
  const [first] = cluster.masters as [RedisServer]
  await cluster.replicate(t, first)
  const node = await redisNode(t, { cluster: { rootNodes: [{ url: first.url }] } })
  await first.kill()
  await patience.until('it is down', () => node.isDown)
  await patience.until('it is up', () => !node.isDown)
  for (const channel of channels.slice(0, 10)) await reaches(node, node, channel)
  t.pass()
})

t.test('the replica of a master that dies takes its channels', { skip }, async (t) => {
  const cluster = await RedisClusterServers.start(t)
  const [, second] = cluster.masters as [RedisServer, RedisServer]
  await cluster.replicate(t, second)
  const { rootNodes } = cluster
  const a = await redisNode(t, { cluster: { rootNodes } }, channels)
  const b = await redisNode(t, { cluster: { rootNodes } }, channels)
  for (const channel of channels.slice(0, 20)) await reaches(a, b, channel)
  await second.kill()
  await patience.until('both are down', () => a.isDown && b.isDown)
  await patience.until('both are up', () => !a.isDown && !b.isDown)
  for (const channel of channels.slice(0, 20)) await reaches(a, b, channel)
  t.pass()
})
