import t, { type Test } from 'tap'
import { defineChannel } from '../../../lib/channel/channel.js'
import type { ClusterAdapter } from '../../../lib/cluster/adapter.js'
import { ClusterNode } from '../../../lib/cluster/cluster-node.js'
import { nats } from '../../../lib/cluster/nats/nats.js'
import { Patience } from '../../../lib/cluster/suite-patience.js'
import { EndpointServer } from '../../../lib/endpoint/endpoint-server.js'
import { systemClock } from '../../../lib/time/clock.js'
import { silentLogger } from '../../../lib/util/logger.js'
import { startNatsProxy } from '../../fixtures/nats-proxy.js'
import { noNats, startNats } from '../../fixtures/nats-server.js'
import { TestSocket } from '../../fixtures/test-socket.js'

const skip = noNats()
const patience = new Patience(30_000)
const room = defineChannel({ join: () => ({ status: 'ok' }), handleIn: {} })

/** A node with one client, which is in the room. */
class Node {
  readonly endpoint = new EndpointServer()
  readonly cluster: ClusterNode
  readonly client: TestSocket
  readonly heard: number[] = []

  constructor(adapter: ClusterAdapter) {
    const { endpoint } = this
    this.cluster = new ClusterNode({
      name: endpoint.node,
      adapter,
      pubsub: endpoint.pubsub,
      clock: systemClock,
      log: silentLogger
    })
    endpoint.cluster = this.cluster
    this.client = new TestSocket({ channels: { 'room:*': room }, endpoint })
  }

  async start(t: Test): Promise<void> {
    await this.cluster.start()
    t.teardown(() => this.cluster.close())
    this.client.join('room:1')
    await patience.until('it has joined', () => this.client.sent().length > 0)
  }

  say(n: number): void {
    this.endpoint.broadcast('room:1', 'said', { n })
  }

  /** Whether the client has got it; each message once. */
  hears(n: number): boolean {
    for (const [, , , , { n: heard }] of this.client.sent() as [0, 0, 0, 0, { n: number }][])
      this.heard.push(heard)
    return this.heard.includes(n)
  }
}

t.test(
  'three nodes: an engine that is killed, one that stands still, and a deaf node',
  { skip },
  async (t) => {
    const server = await startNats(t)
    const proxy = await startNatsProxy(t, server.port)
    const urls = [server.url, server.url, proxy.url]
    const nodes = urls.map((servers) => new Node(nats({ servers })))
    await Promise.all(nodes.map((node) => node.start(t)))
    const [a, , c] = nodes as [Node, Node, Node]
    let n = 0
    const allHear = async (what: string): Promise<void> => {
      for (const node of nodes) {
        const said = ++n
        node.say(said)
        await patience.until(what, () => nodes.every((each) => each.hears(said)))
      }
    }
    const areUp = (isUp: boolean) => (): boolean => nodes.every(({ cluster }) => cluster.isUp === isUp)
    await allHear('all hear all')

    await server.kill()
    await patience.until('all are down', areUp(false))
    a.say(++n)
    t.ok(a.hears(n), 'own clients are served')
    await server.restore()
    await patience.until('all are up', areUp(true))
    await allHear('all hear all after a restart')

    await server.freeze()
    await patience.until('all are down', areUp(false))
    await server.restore()
    await patience.until('all are up', areUp(true))
    await allHear('all hear all after a stall')

    proxy.deafen()
    await patience.until('it finds out', () => !c.cluster.isUp)
    await patience.until('it hears again', () => c.cluster.isUp)
    await allHear('all hear all when nobody is deaf')
    for (const node of nodes) t.equal(new Set(node.heard).size, node.heard.length, 'nothing comes twice')
  }
)
