import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { defineChannel } from '../../lib/channel/channel.js'
import { ClusterNode } from '../../lib/cluster/cluster-node.js'
import { encodeEnvelope } from '../../lib/cluster/envelope.js'
import { MemoryEngine } from '../../lib/cluster/memory.js'
import { EndpointServer } from '../../lib/endpoint/endpoint-server.js'
import type { Broadcast } from '../../lib/protocol/message.js'
import { v2 } from '../../lib/protocol/serializer/v2.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'
import { TestSocket } from '../fixtures/test-socket.js'

const seen: unknown[] = []

const room = defineChannel({
  join: (_params, channel) => {
    channel.subscribe('news')
    return { status: 'ok' }
  },
  handleIn: {
    say: (payload: object, channel) => channel.broadcast('said', payload),
    sayOthers: (payload: object, channel) => channel.broadcastFrom('said', payload)
  },
  handleOut: { whisper: (payload, channel) => channel.push('heard', { whisper: payload }) },
  handleInfo: ({ topic, event, payload }) => void seen.push([topic, event, payload])
})

/** Lets what is under way between nodes arrive. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn()
}

class Node {
  readonly clock = new FakeClock()
  readonly log = new RecordingLogger()
  readonly endpoint = new EndpointServer()
  readonly cluster: ClusterNode

  constructor(engine: MemoryEngine, onSubscribe: (channels: readonly string[]) => void = () => {}) {
    const { clock, log, endpoint } = this
    const adapter = engine.adapter()
    const subscribe = adapter.subscribe.bind(adapter)
    adapter.subscribe = (channels) => {
      onSubscribe(channels)
      return subscribe(channels)
    }
    this.cluster = new ClusterNode({
      name: endpoint.node,
      adapter,
      pubsub: endpoint.pubsub,
      clock,
      log
    })
    endpoint.cluster = this.cluster
  }

  connect(id: string | null = null, serializer = v2): TestSocket {
    const { endpoint, clock } = this
    return new TestSocket({ channels: { 'room:*': room }, endpoint, clock, id, serializer })
  }
}

async function cluster(t: Test, count = 3): Promise<{ engine: MemoryEngine; nodes: Node[] }> {
  const engine = new MemoryEngine()
  const nodes = Array.from({ length: count }, () => new Node(engine))
  await Promise.all(nodes.map((node) => node.cluster.start()))
  t.teardown(() => Promise.all(nodes.map((node) => node.cluster.close())))
  return { engine, nodes }
}

const said = (payload: object, topic = 'room:1') => [null, null, topic, 'said', payload]

t.test('a broadcast reaches the members of a topic on every node once, and nobody else', async (t) => {
  const { nodes } = await cluster(t)
  const [alice, bob, carol] = nodes.map((node) => node.connect()) as [TestSocket, TestSocket, TestSocket]
  for (const client of [alice, bob]) client.join('room:1')
  carol.join('room:2')
  await settled()
  for (const client of [alice, bob, carol]) client.sent()
  alice.receive('1', '2', 'room:1', 'say', { text: 'hello' })
  t.match(alice.sent(), [said({ text: 'hello' })], 'here at once')
  await settled()
  t.same(bob.sent(), [said({ text: 'hello' })])
  alice.receive('1', '3', 'room:1', 'sayOthers', { text: 'psst' })
  await settled()
  t.same(alice.sent(), [], 'not to the one who said it')
  t.same(bob.sent(), [said({ text: 'psst' })])
  t.same(carol.sent(), [])
  t.equal(nodes[2]?.cluster.stats.delivered, 0, 'a node gets nothing that none of its clients wants')
})

t.test('messages of one node arrive in their order', async (t) => {
  const { nodes } = await cluster(t, 2)
  const bob = nodes[1]?.connect() as TestSocket
  bob.join('room:1')
  await settled()
  bob.sent()
  for (let n = 0; n < 500; n++) nodes[0]?.endpoint.broadcast('room:1', 'said', { n })
  await settled()
  t.same(
    bob.sent(),
    Array.from({ length: 500 }, (_, n) => said({ n }))
  )
})

t.test('channels intercept and hear what other nodes broadcast as they do their own', async (t) => {
  const { nodes } = await cluster(t, 2)
  const bob = nodes[1]?.connect() as TestSocket
  bob.join('room:1')
  await settled()
  bob.sent()
  nodes[0]?.endpoint.broadcast('room:1', 'whisper', { a: 1 })
  nodes[0]?.endpoint.broadcast('news', 'headline', { b: 2 })
  await settled()
  t.same(bob.sent(), [['1', null, 'room:1', 'heard', { whisper: { a: 1 } }]])
  t.same(seen.splice(0), [['news', 'headline', { b: 2 }]])
})

t.test('bytes are bytes on every node', async (t) => {
  const { nodes } = await cluster(t, 2)
  const clients = nodes.map((node) => node.connect()) as [TestSocket, TestSocket]
  for (const client of clients) client.join('room:1')
  await settled()
  nodes[0]?.endpoint.broadcast('room:1', 'said', Buffer.from([1, 2, 255]))
  await settled()
  const [here, there] = clients.map(({ transport }) => transport.frames.at(-1))
  t.ok(Buffer.isBuffer(here))
  t.same(there, here)
})

t.test('a serializer of the application need not know how a broadcast travels', async (t) => {
  const { nodes } = await cluster(t, 2)
  const own = { ...v2, encodeBroadcast: ({ payload }: Broadcast) => JSON.stringify({ payload }) }
  const clients = nodes.map((node) => node.connect(null, own)) as [TestSocket, TestSocket]
  for (const client of clients) client.join('room:1')
  await settled()
  nodes[0]?.endpoint.broadcast('room:1', 'said', { n: 1 })
  await settled()
  for (const { transport } of clients) t.equal(`${transport.frames.at(-1)}`, '{"payload":{"n":1}}')
})

t.test('sockets are disconnected through their id on any node', async (t) => {
  const { nodes } = await cluster(t)
  const clients = nodes.map((node) => node.connect('user:alice'))
  await settled()
  nodes[0]?.endpoint.disconnect('user:alice')
  await settled()
  for (const { socket } of clients) t.equal(socket.closed, 'disconnected')
})

t.test('sockets with an id cost the engine nothing', async (t) => {
  const engine = new MemoryEngine()
  const node = new Node(engine, (channels) =>
    t.same(
      channels.filter((channel) => !/^[cn]/.test(channel)),
      []
    )
  )
  await node.cluster.start()
  t.teardown(() => node.cluster.close())
  node.connect('user:alice')
  await settled()
})

t.test('data for a topic reaches the sockets of other nodes', async (t) => {
  const { nodes } = await cluster(t, 2)
  const bob = nodes[1]?.connect() as TestSocket
  bob.join('room:1')
  await settled()
  bob.sent()
  const result = nodes[0]?.endpoint.broadcastData('room:1', 'state', 'x=1')
  t.same(result, { sent: 0, held: 0, pushed: 0, dropped: 0 }, 'what it counts is of this node')
  await settled()
  t.same(bob.sent(), [[null, null, 'room:1', 'webrtc:data', { channel: 'state', data: 'x=1' }]])
})

t.test('what cannot be encoded throws, also where nobody is there', async (t) => {
  const { nodes } = await cluster(t, 1)
  const code = 'PHX_ERR_SERIALIZER_ENCODE'
  t.throws(() => nodes[0]?.endpoint.broadcast('room:1', 'said', 5 as never), { code })
  t.throws(() => nodes[0]?.endpoint.broadcast('room:1', 'said', { n: 1n }), { code })
})

t.test('a join waits until its node hears the topic, and goes on after two seconds without', async (t) => {
  const { engine, nodes } = await cluster(t, 1)
  const [node] = nodes as [Node]
  engine.freeze()
  const alice = node.connect()
  alice.join('room:1')
  await settled()
  t.same(alice.sent(), [])
  engine.restore()
  await settled()
  t.match(alice.sent(), [['1', '1', 'room:1', 'phx_reply', { status: 'ok' }]])
  alice.join('room:1', '2')
  t.match(alice.sent()[0], ['2', '2', 'room:1', 'phx_reply', { status: 'ok' }], 'at once')

  engine.freeze()
  alice.join('room:2', '3')
  await settled()
  node.clock.advance(2_000)
  await settled()
  t.match(alice.sent(), [['3', '3', 'room:2', 'phx_reply', { status: 'ok' }]])
  t.equal(node.cluster.stats.lateJoins, 1)
  engine.restore()
})

t.test('an engine that dies takes nothing from own clients, and is back with all topics', async (t) => {
  const { engine, nodes } = await cluster(t, 2)
  const clients = nodes.map((node) => node.connect()) as [TestSocket, TestSocket]
  for (const client of clients) client.join('room:1')
  await settled()
  for (const client of clients) client.sent()
  engine.kill()
  await settled()
  t.notOk(nodes[0]?.cluster.isUp)
  t.match(nodes[0]?.cluster.stats, { state: 'down', interruptions: 1 })
  nodes[0]?.endpoint.broadcast('room:1', 'said', { n: 1 })
  t.same(clients[0].sent(), [said({ n: 1 })])
  engine.restore()
  for (const { clock } of nodes) clock.advance(1_000)
  await settled()
  t.ok(nodes[0]?.cluster.isUp)
  t.match(nodes[0]?.cluster.stats, { state: 'up', interruptions: 1, renewals: 0 })
  clients[1].sent()
  nodes[0]?.endpoint.broadcast('room:1', 'said', { n: 2 })
  await settled()
  t.same(clients[1].sent(), [said({ n: 2 })])
})

t.test('a node says that it is deaf', async (t) => {
  const { engine, nodes } = await cluster(t, 1)
  const [node] = nodes as [Node]
  engine.freeze()
  for (let second = 0; second < 4; second++) node.clock.advance(1_000)
  t.match(node.cluster.stats, { state: 'deaf', interruptions: 0, renewals: 1 })
  engine.restore()
  await settled()
  t.equal(node.cluster.stats.state, 'up')
  await node.cluster.close()
  t.equal(node.cluster.stats.state, 'down')
})

t.test('bytes that are no envelope, or of a newer node, are counted and passed over', async (t) => {
  const { nodes } = await cluster(t, 1)
  const [node] = nodes as [Node]
  node.cluster.deliver('c', Buffer.from('hello'))
  node.cluster.deliver('c', Buffer.from([0xf5, 0x50, 9, 1, 0, 0]))
  node.cluster.deliver('c', Buffer.from([0xf5, 0x50, 1, 200, 0, 0]))
  t.match(node.cluster.stats.unknown, { foreign: 1, version: 1, kind: 1 })
})

t.test('a node that is closed while it starts leaves nothing behind', async (t) => {
  const engine = new MemoryEngine()
  for (let turns = 0; turns < 6; turns++) {
    const node = new Node(engine)
    const started = node.cluster.start().catch(() => {})
    for (let i = 0; i < turns; i++) await turn()
    await node.cluster.close()
    await started
    t.equal(node.clock.pending, 0, 'no timer')
  }
})

t.test('an adapter is one node\u2019s, and its end is no other\u2019s business', async (t) => {
  const engine = new MemoryEngine()
  const adapter = engine.adapter()
  const [first, second] = [adapter, adapter].map((adapter) => {
    const endpoint = new EndpointServer()
    const clock = new FakeClock()
    const log = new RecordingLogger()
    return new ClusterNode({ name: endpoint.node, adapter, pubsub: endpoint.pubsub, clock, log })
  }) as [ClusterNode, ClusterNode]
  await first.start()
  t.teardown(() => first.close())
  await t.rejects(second.start(), { code: 'PHX_ERR_OPTION_INVALID', message: /cluster/ })
  await second.close()
  t.ok(first.isUp)
  t.ok(first.send('signal', Buffer.from('still here')))
})

t.test('what is broadcast before the start reaches others behind it, in its order', async (t) => {
  const { engine, nodes } = await cluster(t, 1)
  const alice = nodes[0]?.connect() as TestSocket
  alice.join('room:1')
  await settled()
  alice.sent()
  const late = new Node(engine)
  t.teardown(() => late.cluster.close())
  for (let n = 0; n < 3; n++) late.endpoint.broadcast('room:1', 'said', { n })
  await settled()
  await late.cluster.start()
  late.endpoint.broadcast('room:1', 'said', { n: 3 })
  await settled()
  t.same(
    alice.sent(),
    [0, 1, 2, 3].map((n) => said({ n }))
  )
})

t.test('what fails while a node is told of others fails into no engine, and is logged', async (t) => {
  const { nodes } = await cluster(t, 2)
  const [near, far] = nodes as [Node, Node]
  await settled()
  near.cluster.members.listen({
    down: () => {
      throw new Error('no')
    }
  })
  await far.cluster.close()
  await settled()
  const silent = (await cluster(t, 2)).nodes as [Node, Node]
  await settled()
  silent[0].cluster.members.listen({
    down: () => {
      throw new Error('no')
    }
  })
  for (let i = 0; i < 10; i++) {
    silent[0].clock.advance(1_000)
    await settled()
  }
  t.same(silent[0].cluster.members.names(), [])
  t.match(silent[0].log.messages('error'), ['the silence of other nodes could not be handled'])
  t.match(near.log.messages('error'), ['a signal of another node could not be handled'])
})

t.test('a node whose signals cannot be read makes one line a second', async (t) => {
  const { nodes } = await cluster(t, 1)
  const [node] = nodes as [Node]
  const broken = encodeEnvelope({ kind: 'signal', publisher: 'other', name: 'alive', body: Buffer.from('{') })
  for (let i = 0; i < 1_000; i++) node.cluster.deliver('c', broken)
  t.equal(node.log.messages('error').length, 1)
  node.clock.advance(1_000)
  t.match(node.log.lines.at(-1)?.details, { signal: 'alive', suppressed: 999 })
})
