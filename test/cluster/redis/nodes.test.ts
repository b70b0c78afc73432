import t, { type Test } from 'tap'
import { defineChannel } from '../../../lib/channel/channel.js'
import { ClusterNode } from '../../../lib/cluster/cluster-node.js'
import { redis } from '../../../lib/cluster/redis/redis.js'
import { EndpointServer } from '../../../lib/endpoint/endpoint-server.js'
import { systemClock } from '../../../lib/time/clock.js'
import { DeafeningProxy } from '../../fixtures/deafening-proxy.js'
import { RecordingLogger } from '../../fixtures/recording-logger.js'
import { patience } from '../../fixtures/redis-nodes.js'
import { noRedis, RedisServer } from '../../fixtures/redis-server.js'
import { TestSocket } from '../../fixtures/test-socket.js'

const skip = noRedis()
const room = defineChannel({ join: () => ({ status: 'ok' }) })

/** A node with one client, who is in a room. */
class Node {
  readonly log = new RecordingLogger()
  readonly endpoint = new EndpointServer()
  readonly cluster: ClusterNode
  readonly client: TestSocket

  constructor(url: string) {
    const { log, endpoint } = this
    const { node: name, pubsub } = endpoint
    this.cluster = new ClusterNode({ name, adapter: redis({ url }), pubsub, clock: systemClock, log })
    endpoint.cluster = this.cluster
    this.client = new TestSocket({ channels: { 'room:*': room }, endpoint })
  }

  async join(): Promise<void> {
    this.client.join('room:1')
    await patience.until('the join is answered', () => this.#read('phx_reply').length > 0)
  }

  said(): unknown[] {
    return this.#read('said').map(([, , , , payload]) => payload)
  }

  readonly #frames: unknown[][] = []

  #read(event: string): unknown[][] {
    this.#frames.push(...(this.client.sent() as unknown[][]))
    return this.#frames.filter((frame) => frame[3] === event)
  }
}

async function nodesAt(t: Test, ...urls: string[]): Promise<[Node, Node, Node]> {
  const nodes = urls.map((url) => new Node(url))
  t.teardown(() => Promise.all(nodes.map((node) => node.cluster.close())))
  await Promise.all(nodes.map((node) => node.cluster.start()))
  await Promise.all(nodes.map((node) => node.join()))
  return nodes as [Node, Node, Node]
}

/** Has one node broadcast until all have heard it: once is enough where nothing is wrong. */
async function allHear(
  nodes: readonly Node[],
  from: Node,
  text: string,
  tries = Number.POSITIVE_INFINITY
): Promise<void> {
  const heard = (): boolean => nodes.every((node) => node.said().some((payload) => sameText(payload, text)))
  let count = 0
  let next = 0
  await patience.until(`all hear ${text}`, () => {
    if (heard()) return true
    if (count < tries && performance.now() >= next) {
      from.endpoint.broadcast('room:1', 'said', { text })
      next = performance.now() + 200
      count++
    }
    return false
  })
}

const sameText = (payload: unknown, text: string): boolean => (payload as { text: string }).text === text

t.test('three nodes are one cluster, also after their server was killed', { skip }, async (t) => {
  const server = await RedisServer.start(t)
  const nodes = await nodesAt(t, server.url, server.url, server.url)
  for (const [i, node] of nodes.entries()) await allHear(nodes, node, `hello of ${i}`, 1)
  for (const node of nodes) t.equal(node.said().length, 3)

  await server.kill()
  await patience.until('all know', () => nodes.every(({ cluster }) => !cluster.isUp))
  nodes[0].endpoint.broadcast('room:1', 'said', { text: 'alone' })
  t.ok(
    nodes[0].said().some((payload) => sameText(payload, 'alone')),
    'own clients go on'
  )
  await server.start()
  const since = performance.now()
  await patience.until('all are back', () => nodes.every(({ cluster }) => cluster.isUp))
  for (const node of nodes) await allHear(nodes, node, 'again')
  const ms = performance.now() - since
  t.comment(`all hear all ${ms.toFixed(0)} ms after the return`)
})

t.test('a node that goes deaf while all looks healthy finds out, and hears again', { skip }, async (t) => {
  const server = await RedisServer.start(t)
  const proxy = await DeafeningProxy.start(t, server.port)
  const nodes = await nodesAt(t, server.url, server.url, `redis://127.0.0.1:${proxy.port}`)
  const [a, b, deaf] = nodes
  await allHear(nodes, a, 'hello', 1)
  await proxy.deafen()
  const since = performance.now()
  await allHear([a, b], a, 'unheard', 1)
  await patience.until('it knows', () => !deaf.cluster.isUp)
  const ms = performance.now() - since
  t.comment(`found after ${ms.toFixed(0)} ms`)
  t.notOk(
    deaf.said().some((payload) => sameText(payload, 'unheard')),
    'it was deaf'
  )
  await patience.until('it hears itself', () => deaf.cluster.isUp)
  await allHear(nodes, a, 'heard', 1)
  t.same(deaf.log.messages('warn'), ['a node hears nothing of its cluster; subscribing anew'])
})
