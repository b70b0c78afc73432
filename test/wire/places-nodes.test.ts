import Fastify from 'fastify'
import t from 'tap'
import type { ClusterAdapter } from '../../lib/cluster/adapter.js'
import { MemoryEngine } from '../../lib/cluster/memory.js'
import { type Limits, mergeLimits } from '../../lib/limits/limits.js'
import { UserBudgets } from '../../lib/limits/user-budgets.js'
import { systemClock } from '../../lib/time/clock.js'
import phoenix, { type PhoenixOptions } from '../../plugins/phoenix.js'
import { serverOf } from '../../plugins/service.js'
import { clusterServers } from '../fixtures/nodes.js'
import { connectRaw, refusal } from '../fixtures/raw-client.js'
import { options, startServer, type TestServer } from '../fixtures/server.js'
import { connectSilent } from '../fixtures/silent-client.js'
import { until } from '../fixtures/until.js'

type Three = [TestServer, TestServer, TestServer]

const alice = 'user_id=alice'
const clusterLimits = ['socketsPerUser'] as const
/** Long beside what is asked: whoever waits for this time to be over is too late. */
const never = { socketsPerUser: 2, signOfLifeMs: 20_000 }
const short = { socketsPerUser: 2, signOfLifeMs: 300 }

/**
 * An adapter whose node can be cut off, as by SIGKILL: nothing comes from it, and nothing reaches it. It counts what
 * tells of sockets.
 */
function killable(engine: MemoryEngine) {
  const adapter = engine.adapter()
  let isKilled = false
  const counted = { told: 0 }
  const cut: ClusterAdapter = {
    start: (sink) =>
      adapter.start(
        {
          deliver: (channel, bytes) => isKilled || sink.deliver(channel, bytes),
          state: (state) => sink.state(state)
        },
        ''
      ),
    publish(channel, bytes) {
      if (Buffer.from(bytes).includes('phx:sockets')) counted.told++
      return isKilled || adapter.publish(channel, bytes)
    },
    subscribe: (channels) => adapter.subscribe(channels),
    unsubscribe: (channels) => adapter.unsubscribe(channels),
    close: () => adapter.close()
  }
  const kill = (): void => {
    isKilled = true
  }
  return { adapter: cut, kill, counted }
}

async function start(
  t: Parameters<typeof clusterServers>[0],
  limits: Partial<Limits>,
  mount: Partial<PhoenixOptions> = {}
) {
  const engine = new MemoryEngine()
  const adapters: ReturnType<typeof killable>[] = []
  const adapter = (): ClusterAdapter => {
    const made = killable(engine)
    adapters.push(made)
    return made.adapter
  }
  const servers = (await clusterServers(t, { adapter, mount: { limits, clusterLimits, ...mount } })) as Three
  const group = ({ app }: TestServer) =>
    serverOf(app).places.group(mergeLimits(limits), new UserBudgets(mergeLimits(limits), systemClock))
  /** Resolves when all nodes, or these, know what sockets alice has. */
  const known = (nodes: TestServer[] = servers): Promise<void> => {
    const total = (): number => nodes.reduce((sum, { app }) => sum + app.phoenix.socketCount, 0)
    return until(() =>
      nodes.every(
        (node) => group(node).takenElsewhere('user_socket:alice') + node.app.phoenix.socketCount === total()
      )
    )
  }
  const told = (): number => adapters.reduce((sum, { counted }) => sum + counted.told, 0)
  return { engine, servers, known, told, kill: (index: number) => adapters[index]?.kill() }
}

t.test(
  'sockets on all nodes count together, and the refusal comes as soon as all have answered',
  async (t) => {
    const { servers, known } = await start(t, never)
    const [a, b, c] = servers
    const [first, second] = [await connectRaw(t, a.url, alice), await connectRaw(t, b.url, alice)]
    await known()
    for (const { url } of servers) t.equal(await refusal(url, alice), 403)
    t.ok((await first.isAlive()) && (await second.isAlive()))
    t.equal(await refusal(c.url, 'user_id=bob'), undefined, 'others have places of their own')
    for (const { app } of servers) t.equal(app.phoenix.stats.silentClosed, 0)
  }
)

t.test('a client that moves to another node finds its place there, told or not', async (t) => {
  const { servers, known } = await start(t, never)
  const [a, b, c] = servers
  const first = await connectRaw(t, a.url, alice)
  await connectRaw(t, b.url, alice)
  await known()
  first.ws.close()
  await first.closed
  t.ok(await (await connectRaw(t, c.url, alice)).isAlive())
})

t.test('sockets of another node whose network has gone make room, and living ones do not', async (t) => {
  const { servers, known } = await start(t, { ...short, socketsPerUser: 3 })
  const [a, b, c] = servers
  const living = [await connectRaw(t, a.url, alice), await connectRaw(t, b.url, alice)]
  await connectSilent(t, b.port, alice)
  await known()
  t.ok(await (await connectRaw(t, c.url, alice)).isAlive())
  for (const client of living) t.ok(await client.isAlive())
  t.same(
    servers.map(({ app }) => app.phoenix.stats.silentClosed),
    [0, 1, 0]
  )
  await known()
  t.equal(await refusal(a.url, alice), 403, 'now all live')
})

t.test('a place that gets free anywhere is taken by who waits, wherever', async (t) => {
  const { servers, known } = await start(t, never)
  const [a, b, c] = servers
  const first = await connectRaw(t, a.url, alice)
  // One that never answers keeps the others waiting.
  await connectSilent(t, b.port, alice)
  await known()
  const waiting = [refusal(c.url, alice), refusal(c.url, alice), refusal(c.url, alice)]
  t.equal(await Promise.race(waiting), 403, 'as many wait as there are places')
  first.ws.close()
  t.same((await Promise.all(waiting)).filter((status) => status === 403).length, 1)
})

t.test('long-poll sessions that nobody polls on another node make room', async (t) => {
  const { servers, known } = await start(t, short)
  const [a, b, c] = servers
  for (const { base } of [a, b]) {
    t.equal((await fetch(`${base}/socket/longpoll?vsn=2.0.0&${alice}`)).status, 200)
  }
  await known()
  t.ok(await (await connectRaw(t, c.url, alice)).isAlive())
  t.ok(a.app.phoenix.stats.silentClosed + b.app.phoenix.stats.silentClosed > 0)
})

t.test('what a node that closes had counts no more at once', async (t) => {
  const { servers, known } = await start(t, never)
  const [a, b, c] = servers
  for (let i = 0; i < 2; i++) await connectRaw(t, a.url, alice)
  await known()
  t.equal(await refusal(b.url, alice), 403)
  await a.app.close()
  await known([b, c])
  for (let i = 0; i < 2; i++) t.ok(await (await connectRaw(t, c.url, alice)).isAlive())
})

t.test('what a killed node had counts until it is known to be down', async (t) => {
  const { servers, known, kill } = await start(t, never)
  const [a, b, c] = servers
  for (let i = 0; i < 2; i++) await connectRaw(t, a.url, alice)
  await known()
  kill(0)
  const waiting = connectRaw(t, b.url, alice)
  t.ok(await (await waiting).isAlive(), 'who waits then has a place')
  t.same(b.app.phoenix.nodes(), [b.app.phoenix.node, c.app.phoenix.node])
  await known([b, c])
})

t.test('while the engine is away each node counts for itself', async (t) => {
  const { engine, servers, known } = await start(t, { ...never, socketsPerUser: 1 })
  const [a, b] = servers
  await connectRaw(t, a.url, alice)
  await known()
  engine.kill()
  t.ok(await (await connectRaw(t, b.url, alice)).isAlive())
  t.equal(await refusal(b.url, alice), 403)
  engine.restore()
  await known()
  t.equal(await refusal(servers[2].url, alice), 403, 'also those that came meanwhile')
})

t.test('two nodes may admit somebody at the same moment', async (t) => {
  const { servers, known } = await start(t, { ...never, socketsPerUser: 1 })
  const [a, b, c] = servers
  const clients = await Promise.all([connectRaw(t, a.url, alice), connectRaw(t, b.url, alice)])
  await known()
  t.equal(await refusal(c.url, alice), 403)
  for (const client of clients) t.ok(await client.isAlive(), 'and nobody is closed for it')
})

t.test('without the option each node counts for itself, and tells nothing', async (t) => {
  const { servers, told } = await start(t, never, { clusterLimits: [] })
  for (const { url } of servers) {
    for (let i = 0; i < 2; i++) t.ok(await (await connectRaw(t, url, alice)).isAlive())
    t.equal(await refusal(url, alice), 403)
  }
  t.equal(told(), 0)
})

t.test('a server that is alone counts as it would without the option', async (t) => {
  const { app, url } = await startServer(t, { limits: never, clusterLimits })
  const first = await connectRaw(t, url, alice)
  await connectRaw(t, url, alice)
  t.equal(await refusal(url, alice), 403)
  first.ws.close()
  await until(() => app.phoenix.socketCount === 1)
  t.ok(await (await connectRaw(t, url, alice)).isAlive())
})

t.test('a limit that does not count over nodes is refused', async (t) => {
  for (const wrong of [['events'], 'socketsPerUser', null]) {
    const mount = { ...options, clusterLimits: wrong } as unknown as PhoenixOptions
    await t.rejects(async () => await Fastify().register(phoenix, mount), {
      code: 'PHX_ERR_OPTION_INVALID',
      message: /clusterLimits: must be a list of socketsPerUser/
    })
  }
})
