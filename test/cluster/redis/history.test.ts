import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { redis } from '../../../lib/cluster/redis/redis.js'
import type { PhoenixService } from '../../../plugins/phoenix.js'
import { read } from '../../fixtures/documents.js'
import { clusterServers } from '../../fixtures/nodes.js'
import { push } from '../../fixtures/phoenix-client.js'
import { connectRaw } from '../../fixtures/raw-client.js'
import {
  cutWhile,
  keepingMount,
  keepingRoom,
  RecoveringMember,
  talk,
  upTo
} from '../../fixtures/recovering-member.js'
import { RedisClusterServers } from '../../fixtures/redis-cluster.js'
import { noRedis, RedisServer, type RedisStart } from '../../fixtures/redis-server.js'
import { until } from '../../fixtures/until.js'

const skip = noRedis()

async function start(t: Test, { count = 2, size = 10_000, start = {} as RedisStart } = {}) {
  const engine = await RedisServer.start(t, start)
  const channels = { 'room:*': { ...keepingRoom, history: { size } } }
  const servers = await clusterServers(t, {
    adapter: () => redis({ url: engine.url }),
    count,
    mount: { ...keepingMount, channels }
  })
  const services = servers.map(({ app }) => app.phoenix)
  const member = (index: number, userId: string) =>
    new RecoveringMember(t, servers[index]?.url.replace('ws:', 'http:') ?? '', userId)
  return { engine, servers, services, member }
}

const isUp = ({ stats }: PhoenixService): boolean => stats.cluster?.state === 'up'

t.test('members of all nodes get the messages of all nodes in one order', { skip }, async (t) => {
  const { services, member } = await start(t, { count: 3 })
  const members = upTo(6).map((n) => member(n % 3, `user ${n}`))
  await Promise.all(members.map(({ joined }) => joined))
  await Promise.all(upTo(300).map((n) => services[n % 3]?.publish('room:1', 'say', { n })))
  await until(() => members.every(({ heard }) => heard.length >= 300))
  for (const { heard } of members) {
    t.same(heard, members[0]?.heard)
    t.same(new Set(heard), new Set(upTo(300)))
  }
})

t.test('cut at random moments, on two nodes, each message comes once and in order', { skip }, async (t) => {
  const { services, member } = await start(t)
  const members = upTo(4).map((n) => member(n % 2, `user ${n}`))
  await Promise.all(members.map(({ joined }) => joined))
  await cutWhile(members, talk(services.slice(0, 1), 1_000))
  await until(() => members.every(({ heard }) => heard.length >= 1_000))
  for (const { heard, answers } of members) {
    t.same(heard, upTo(1_000))
    t.same(new Set(answers.slice(1).map(({ recovered }) => recovered)), new Set([true]))
  }
})

t.test('what a client says itself comes to all others, and never back to it', { skip }, async (t) => {
  const { servers, member } = await start(t)
  const [alice, bob] = [member(0, 'alice'), member(1, 'bob')]
  const plain = await connectRaw(t, servers[0]?.url ?? '')
  await plain.join('room:1')
  await Promise.all([alice.joined, bob.joined])
  for (const n of upTo(10)) {
    t.equal((await push(alice.channel, 'say', { n })).status, 'ok')
    alice.cut()
    await until(() => alice.answers.length > n)
  }
  await until(() => bob.heard.length >= 10)
  t.same(bob.heard, upTo(10))
  t.same(alice.heard, [])
  for (const n of upTo(10)) t.same(await plain.next(), [null, null, 'room:1', 'say', { n }])
  plain.send('1', '2', 'room:1', 'say', { n: 11 })
  t.match(await plain.next(), ['1', '2', 'room:1', 'phx_reply', { status: 'ok' }])
  await until(() => bob.heard.length >= 11 && alice.heard.length > 0)
  t.ok(await plain.isAlive(), 'and got nothing of its own')
})

t.test('any node publishes and reads, and a key counts on all of them', { skip }, async (t) => {
  const { services } = await start(t, { size: 3 })
  const [one, other] = services as [PhoenixService, PhoenixService]
  const first = await one.publish('room:2', 'say', { n: 1 }, { key: 'a' })
  t.equal(first.offset, 1)
  t.same(await other.publish('room:2', 'say', { n: 1 }, { key: 'a' }), first)
  t.same(await other.publish('room:2', 'bytes', Buffer.from([1, 2])), { ...first, offset: 2 })
  const page = await one.history('room:2', { since: { ...first, offset: 0 } })
  t.match(page, {
    complete: true,
    position: { ...first, offset: 2 },
    messages: [
      { offset: 1, event: 'say', payload: { n: 1 } },
      { offset: 2, event: 'bytes', payload: Uint8Array.of(1, 2) }
    ]
  })
  for (const n of upTo(3)) await one.publish('room:2', 'say', { n })
  t.equal((await other.history('room:2', { since: first })).complete, false, 'three are kept')
  t.equal((await other.history('room:2')).messages.length, 3)
})

t.test(
  'a node whose subscription was cut reads what it missed, and clients notice nothing',
  { skip },
  async (t) => {
    const { engine, services, member } = await start(t)
    const members = [member(0, 'alice'), member(1, 'bob')]
    await Promise.all(members.map(({ joined }) => joined))
    for (const n of upTo(200)) {
      const published = services[0]?.publish('room:1', 'say', { n })
      if (n % 50 === 10) await engine.ask('CLIENT', 'KILL', 'TYPE', 'pubsub')
      const isKept = await published?.then(
        () => true,
        () => false
      )
      if (isKept) continue
      // Nobody knows whether it was taken; with a key it could be said anew.
      await until(() => services.every(isUp))
    }
    const { messages } = (await services[1]?.history('room:1', { limit: 1_000 })) ?? { messages: [] }
    const kept = messages.map(({ payload }) => (payload as { n: number }).n)
    t.ok(kept.length > 150, `${kept.length} of 200`)
    await until(() => members.every(({ heard }) => heard.length >= kept.length))
    for (const { heard, answers } of members) {
      t.same(heard, kept)
      t.equal(answers.length, 1)
    }
  }
)

for (const [what, lines, recovers] of [
  ['with its data', ['appendonly yes', 'appendfsync always'], true],
  ['without its data', [], false]
] as const) {
  t.test(`Redis is restarted ${what}`, { skip }, async (t) => {
    const { engine, services, member } = await start(t, { start: { lines: () => lines } })
    const members = [member(0, 'alice'), member(1, 'bob')]
    await Promise.all(members.map(({ joined }) => joined))
    const [one, other] = services as [PhoenixService, PhoenixService]
    for (const n of upTo(20)) await one.publish('room:1', 'say', { n })
    await until(() => members.every(({ heard }) => heard.length >= 20))
    await engine.kill()
    await until(() => services.every((service) => !isUp(service)))
    await t.rejects(one.publish('room:1', 'say', {}), { code: 'PHX_ERR_HISTORY_UNAVAILABLE' })
    await engine.start()
    await until(() => services.every(isUp))
    members[0]?.cut()
    for (const n of upTo(20)) await other.publish('room:1', 'say', { n: 20 + n })
    const isThere = ({ heard }: RecoveringMember): boolean => heard.at(-1) === 40
    if (recovers) {
      await until(() => members.every(isThere))
      for (const { heard } of members) t.same(heard, upTo(40))
    } else {
      await until(() => members.every(({ answers }) => answers.length > 1))
      for (const { answers } of members) t.equal(answers[1]?.recovered, false)
    }
  })
}

t.test('Redis is back with older data: what it counts anew is of another epoch', { skip }, async (t) => {
  const { engine, services, member } = await start(t)
  const members = [member(0, 'alice'), member(1, 'bob')]
  await Promise.all(members.map(({ joined }) => joined))
  const [one, other] = services as [PhoenixService, PhoenixService]
  for (const n of upTo(10)) await one.publish('room:1', 'say', { n })
  await engine.ask('SAVE')
  const known = await one.publish('room:1', 'say', { n: 11 })
  await until(() => members.every(({ heard }) => heard.length >= 11))
  await engine.kill()
  await until(() => services.every((service) => !isUp(service)))
  await engine.start()
  await until(() => members.every(({ answers }) => answers.length > 1))
  for (const { answers } of members) t.equal(answers[1]?.recovered, false)
  const { epoch } = await other.publish('room:1', 'say', { n: 'new' })
  t.not(epoch, known.epoch)
  await until(() => members.every(({ heard }) => heard.at(-1) === 'new'))
  t.equal((await one.history('room:1', { since: known })).complete, false)
})

/** Passes each connection on to the next of the servers that still live. Returns its address. */
async function balance(t: Test, ports: Set<number>): Promise<string> {
  let turn = 0
  const sockets = new Set<Socket>()
  const balancer = createServer((client) => {
    const port = [...ports][turn++ % ports.size] ?? 0
    const server = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [client, server],
      [server, client]
    ] as const) {
      sockets.add(one)
      one.pipe(other)
      one.on('error', () => {})
      one.on('close', () => {
        other.destroy()
        sockets.delete(one)
      })
    }
  })
  balancer.listen(0, '127.0.0.1')
  await once(balancer, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    balancer.close()
  })
  return `http://127.0.0.1:${(balancer.address() as AddressInfo).port}/socket`
}

t.test(
  'nodes go one after the other under load, and no client misses or doubles anything',
  { skip },
  async (t) => {
    const { servers, services } = await start(t, { count: 4 })
    const ports = new Set(servers.slice(0, 3).map(({ port }) => port))
    const url = await balance(t, ports)
    const members = upTo(40).map((n) => new RecoveringMember(t, url, `user ${n}`))
    await Promise.all(members.map(({ joined }) => joined))
    const talking = talk(services.slice(3), 2_000)
    for (const server of servers.slice(0, 2)) {
      ports.delete(server.port)
      await server.app.close()
      await until(() => members.every(({ channel }) => channel.state === 'joined'))
    }
    await talking
    await until(() => members.every(({ heard }) => heard.length >= 2_000))
    for (const { heard } of members) t.same(heard, upTo(2_000))
    const joins = members.reduce((sum, { answers }) => sum + answers.length, 0)
    t.ok(joins > members.length, `${joins} joins`)
  }
)

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
