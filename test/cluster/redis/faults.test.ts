import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { redis } from '../../../lib/cluster/redis/redis.js'
import { patience, reaches, recordedNode, redisNode } from '../../fixtures/redis-nodes.js'
import { noRedis, RedisServer } from '../../fixtures/redis-server.js'
import { until } from '../../fixtures/until.js'

const skip = noRedis()
const mib = 1024 * 1024

t.test('a server that stands still is noticed, and used when it goes on', { skip }, async (t) => {
  const server = await RedisServer.start(t)
  const [a, b] = [await redisNode(t, { url: server.url }, ['c']), await redisNode(t, { url: server.url })]
  server.freeze()
  t.teardown(() => server.continue())
  let since = performance.now()
  await patience.until('both are down', () => a.isDown && b.isDown)
  const noticedMs = performance.now() - since
  t.equal(b.adapter.publish('c', Buffer.from('away')), false)
  // Attempts to connect are under way, and some have been given up.
  await pause(1_000)
  server.continue()
  since = performance.now()
  await patience.until('both are up', () => !a.isDown && !b.isDown)
  const backMs = performance.now() - since
  t.comment(`noticed after ${noticedMs.toFixed(0)} ms, back after ${backMs.toFixed(0)} ms`)
  await reaches(b, a, 'c')
})

t.test('a node that stood still itself has lost nothing', { skip }, async (t) => {
  const server = await RedisServer.start(t)
  const node = await redisNode(t, { url: server.url }, ['c'])
  await server.ask('PUBLISH', 'phx:c', 'before')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000)
  await pause(1_000)
  t.same([node.texts('c'), node.states], [['before'], []])
})

t.test('a server that was killed is used soon after it is back', { skip }, async (t) => {
  const server = await RedisServer.start(t)
  const node = await redisNode(t, { url: server.url }, ['c'])
  await server.kill()
  await patience.until('it is down', () => node.isDown)
  // So long that waits between attempts are the longest.
  await pause(3_000)
  await server.start()
  const since = performance.now()
  await patience.until('it is up', () => !node.isDown)
  const backMs = performance.now() - since
  t.comment(`back after ${backMs.toFixed(0)} ms`)
  t.same(node.states, ['down', 'up'])
  await reaches(node, node, 'c')
})

t.test('a subscription that the server closes for its output buffer heals', { skip }, async (t) => {
  const lines = (): string[] => ['client-output-buffer-limit pubsub 1mb 1mb 0']
  const server = await RedisServer.start(t, { lines })
  const member = await redisNode(t, { url: server.url }, ['t:a'])
  const publisher = await redisNode(t, { url: server.url })
  for (let i = 0; i < 8; i++) publisher.adapter.publish('t:a', Buffer.alloc(4 * mib))
  await patience.until('it is down', () => member.states[0] === 'down')
  await patience.until('it is up', () => !member.isDown)
  await reaches(publisher, member, 't:a')
  t.same(publisher.states, [], 'the publisher is up all the time')
})

t.test('memory stays flat while the server is away and everything is published', { skip }, async (t) => {
  const server = await RedisServer.start(t)
  const node = await redisNode(t, { url: server.url })
  await server.kill()
  await patience.until('it is down', () => node.isDown)
  const memory = (): number => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  let most = 0
  let refused = 0
  const before = memory()
  for (let turn = 0; turn < 150; turn++) {
    for (let i = 0; i < 1_000; i++) if (!node.adapter.publish(`t:${i}`, Buffer.alloc(1_024))) refused++
    await pause(10)
    most = Math.max(most, memory() - before)
  }
  t.equal(refused, 150_000)
  // Garbage of some turns, and not the 150 MiB that were refused.
  t.ok(most < 64 * mib, `${Math.round(most / mib)} MiB`)
})

t.test('10,000 channels are subscribed anew in few commands', { skip }, async (t) => {
  const server = await RedisServer.start(t)
  const node = await redisNode(t, { url: server.url })
  const channels = Array.from({ length: 10_000 }, (_, i) => `t:${i}`)
  const renew = (): Promise<unknown> => {
    const batches: Promise<void>[] = []
    for (let at = 0; at < channels.length; at += 512)
      batches.push(node.adapter.subscribe(channels.slice(at, at + 512)))
    return Promise.all(batches)
  }
  const commands = async (): Promise<number> => {
    const stats = await server.ask('INFO', 'commandstats')
    return Number(/cmdstat_subscribe:calls=(\d+)/.exec(`${stats}`)?.[1] ?? 0)
  }
  await renew()
  const before = await commands()
  const since = performance.now()
  await renew()
  t.comment(`${(performance.now() - since).toFixed(0)} ms`)
  t.equal((await commands()) - before, 20, 'sent again, though all were known')
  await node.publish('t:9999', 'once')
  await patience.until('it arrives', () => node.received.length > 0)
  t.same(node.texts('t:9999'), ['once'])
})

t.test('a start gives up a server that does not answer, and leaves nothing', { skip }, async (t) => {
  const server = await RedisServer.start(t)
  server.freeze()
  t.teardown(() => server.continue())
  const node = recordedNode(t, redis({ url: server.url, connectTimeoutMs: 300 }))
  await t.rejects(node.adapter.start(node), {
    code: 'PHX_ERR_CLUSTER_UNREACHABLE',
    message: 'Redis cannot be reached: no answer within 300 ms'
  })
  server.continue()
  await until(async () => /connected_clients:1\r/.test(`${await server.ask('INFO', 'clients')}`))
  t.same(node.states, [])
})

t.test('nothing is left after close, also of an attempt to connect again', { skip }, async (t) => {
  const server = await RedisServer.start(t)
  const nodes = [await redisNode(t, { url: server.url }), await redisNode(t, { url: server.url })]
  await nodes[0]?.adapter.close()
  server.freeze()
  await patience.until('it is down', () => nodes[1]?.isDown === true)
  await patience.inTime('close', nodes[1]?.adapter.close() ?? Promise.reject())
  server.continue()
  await until(async () => /connected_clients:1\r/.test(`${await server.ask('INFO', 'clients')}`))
  t.same(nodes[1]?.states, ['down'])
})
