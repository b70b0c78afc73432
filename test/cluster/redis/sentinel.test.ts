import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { RedisOptions } from '../../../lib/cluster/redis/options.js'
import { redis } from '../../../lib/cluster/redis/redis.js'
import { patience, reaches, recordedNode, redisNode } from '../../fixtures/redis-nodes.js'
import { watchedRedis } from '../../fixtures/redis-sentinel.js'
import { noRedis, RedisServer } from '../../fixtures/redis-server.js'
import { until } from '../../fixtures/until.js'

const skip = noRedis()

/** Through a Sentinel that is not there, and the one that is. */
const through = ({ port }: RedisServer, name = 'main'): RedisOptions => ({
  sentinel: {
    name,
    sentinelRootNodes: [
      { host: '127.0.0.1', port: 1 },
      { host: '127.0.0.1', port }
    ]
  }
})

t.test('nodes follow the master that Sentinel chooses when the last one dies', { skip }, async (t) => {
  const { master, replica, sentinel } = await watchedRedis(t)
  const a = await redisNode(t, through(sentinel), ['c'])
  const b = await redisNode(t, through(sentinel), ['c'])
  await reaches(a, b, 'c')
  await master.kill()
  await patience.until('both are down', () => a.isDown && b.isDown)
  await patience.until('both are up', () => !a.isDown && !b.isDown)
  await reaches(a, b, 'c')
  t.match(await replica.ask('ROLE'), ['master'])
  t.same(
    [a.states, b.states],
    [
      ['down', 'up'],
      ['down', 'up']
    ]
  )
})

t.test('nodes follow a master that is changed while all are there', { skip }, async (t) => {
  const { replica, sentinel } = await watchedRedis(t)
  const a = await redisNode(t, through(sentinel), ['c'])
  const b = await redisNode(t, through(sentinel), ['c'])
  // It chooses none of which it has not heard for long enough.
  const failOver = (): Promise<boolean> =>
    sentinel.ask('SENTINEL', 'FAILOVER', 'main').then(
      () => true,
      () => false
    )
  await until(failOver)
  const clients = async (): Promise<number> =>
    `${await replica.ask('CLIENT', 'LIST', 'TYPE', 'pubsub')}`.split('name=').length - 1
  await patience.until('both were told', () => a.states.length >= 2 && b.states.length >= 2)
  await patience.until('both are up', () => !a.isDown && !b.isDown)
  await reaches(a, b, 'c')
  t.equal(await clients(), 2, 'they are at the new master')
})

t.test('a master that no Sentinel knows is told', { skip }, async (t) => {
  const sentinel = await RedisServer.start(t, { args: ['--sentinel'] })
  const node = recordedNode(t, redis(through(sentinel, 'other')))
  await t.rejects(node.adapter.start(node), {
    code: 'PHX_ERR_CLUSTER_UNREACHABLE',
    message: 'Redis cannot be reached: connect ECONNREFUSED 127.0.0.1:1; Sentinel knows no master other'
  })
})

t.test('the last Sentinel that can be asked has all the time there is', { skip }, async (t) => {
  const { sentinel } = await watchedRedis(t)
  t.teardown(() => sentinel.continue())
  sentinel.freeze()
  const impatient = recordedNode(t, redis({ ...through(sentinel), connectTimeoutMs: 300 }))
  await t.rejects(impatient.adapter.start(impatient), {
    code: 'PHX_ERR_CLUSTER_UNREACHABLE',
    message: 'Redis cannot be reached: no answer within 300 ms'
  })
  const node = recordedNode(t, redis(through(sentinel)))
  const starting = node.adapter.start(node)
  await pause(1_500)
  sentinel.continue()
  await starting
  t.same(node.states, [])
})
