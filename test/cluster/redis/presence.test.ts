import t from 'tap'
import { allHearAll, allSee, isDown, nothingWrong, startScene } from '../../fixtures/cluster-fault-cases.js'
import type { ClusterProcess } from '../../fixtures/cluster-processes.js'
import { deafCase } from '../../fixtures/deaf-case.js'
import { DeafeningProxy } from '../../fixtures/deafening-proxy.js'
import { watchedRedis } from '../../fixtures/redis-sentinel.js'
import { noRedis, RedisServer } from '../../fixtures/redis-server.js'
import { until } from '../../fixtures/until.js'

const skip = noRedis()
// They wait most of the time.
t.jobs = 2

t.test('rooms agree after a node was deaf', { skip }, async (t) => {
  const server = await RedisServer.start(t)
  const proxy = await DeafeningProxy.start(t, server.port)
  await deafCase(t, 'redis', server.url, `redis://127.0.0.1:${proxy.port}`, () => proxy.deafen())
})

t.test('rooms agree after the replica of a master took its place', { skip }, async (t) => {
  const { master, sentinel } = await watchedRedis(t)
  const settings = { engine: 'sentinel', address: `${sentinel.port}` } as const
  const scene = await startScene(t, [settings, settings])
  const [first, second] = scene.nodes as [ClusterProcess, ClusterProcess]
  await master.kill()
  await until(isDown(first))
  const dan = await first.watch('dan')
  const eve = await second.watch('eve')
  const all = [...scene.watchers, dan, eve]
  await allSee(all, 'dan,eve,user1,user2')
  await allHearAll(t, scene, 'after the master was replaced')
  for (const { told } of scene.watchers) t.same([...told].sort(), ['+dan', '+eve'])
  nothingWrong(t, all)
})
