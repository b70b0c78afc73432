import { createServer } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type NatsEngine, type NatsOptions, nats } from '../../../lib/cluster/nats/nats.js'
import { Patience } from '../../../lib/cluster/suite-patience.js'
import { Stream, SuiteNode } from '../../../lib/cluster/suite-world.js'
import { certificate } from '../../fixtures/certificate.js'
import { startNatsProxy } from '../../fixtures/nats-proxy.js'
import { noNats, startNats } from '../../fixtures/nats-server.js'

const skip = noNats()
const mib = 1024 * 1024
const patience = new Patience(30_000)

function makeNode(t: Test, options: NatsOptions): { node: SuiteNode; engine: NatsEngine } {
  const engine = nats(options)
  t.teardown(() => engine.close())
  return { engine, node: new SuiteNode(engine, patience) }
}

async function startNode(t: Test, options: NatsOptions, ...channels: string[]): Promise<SuiteNode> {
  const { node } = makeNode(t, options)
  await node.adapter.start(node)
  await node.adapter.subscribe(channels)
  return node
}

const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

const changes = (node: SuiteNode, count: number): Promise<void> =>
  patience.until(`change ${count}`, () => node.states.length >= count)

/** Publishes until the adapter takes no more. */
async function fill({ adapter }: SuiteNode, channel: string): Promise<void> {
  const bytes = Buffer.alloc(mib)
  for (let refused = 0; refused < 20; await nextTurn())
    refused = adapter.publish(channel, bytes) ? 0 : refused + 1
}

t.test('start at a server that stands still rejects in time, and leaves nothing', { skip }, async (t) => {
  const server = await startNats(t)
  await server.freeze()
  const before = openSockets()
  const { engine, node } = makeNode(t, { servers: server.url, connectTimeoutMs: 300 })
  await t.rejects(engine.start(node), {
    code: 'PHX_ERR_CLUSTER_UNREACHABLE',
    message: /^NATS cannot be reached: /
  })
  await patience.until('all sockets are closed', () => openSockets() <= before)
  t.equal(engine.publish('c', Buffer.from('a')), false)
  await server.restore()
})

t.test('start where nothing speaks NATS rejects, and leaves nothing', async (t) => {
  const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  const { engine, node } = makeNode(t, { servers: `127.0.0.1:${port}` })
  await t.rejects(engine.start(node), { code: 'PHX_ERR_CLUSTER_UNREACHABLE' })
  other.close()
  await patience.until('all sockets are closed', () => openSockets() === 0)
})

t.test('close while it starts ends it', { skip }, async (t) => {
  const server = await startNats(t)
  await server.freeze()
  const { engine, node } = makeNode(t, { servers: server.url })
  const starting = engine.start(node)
  await engine.close()
  await t.rejects(starting, { code: 'PHX_ERR_CLUSTER_CLOSED' })
  await t.rejects(engine.start(node), { code: 'PHX_ERR_CLUSTER_CLOSED' })
  await patience.until('all sockets are closed', () => openSockets() === 0)
})

t.test(
  'a server that stands still is found out, also when all queues to it are full',
  { skip },
  async (t) => {
    const server = await startNats(t)
    const node = await startNode(t, { servers: server.url }, 'n:1')
    await server.freeze()
    const frozenAt = performance.now()
    await fill(node, 't:nobody')
    await changes(node, 1)
    const foundMs = performance.now() - frozenAt
    t.comment(`found after ${foundMs.toFixed()} ms`)
    t.equal(node.adapter.publish('t:nobody', Buffer.from('away')), false)
    await t.rejects(node.adapter.subscribe(['t:while away']), { code: 'PHX_ERR_CLUSTER_UNREACHABLE' })

    await server.restore()
    const backAt = performance.now()
    await changes(node, 2)
    const backMs = performance.now() - backAt
    t.comment(`back after ${backMs.toFixed()} ms`)
    for (const channel of ['n:1', 't:while away']) {
      await node.publish(channel, 'back')
      await patience.until('it hears itself', () => node.texts(channel).includes('back'))
    }
    t.same(node.states, ['down', 'up'])
  }
)

t.test('a connection that brings nothing and takes all is found out', { skip }, async (t) => {
  const server = await startNats(t)
  const proxy = await startNatsProxy(t, server.port)
  const node = await startNode(t, { servers: proxy.url }, 'c')
  proxy.stopReading()
  await changes(node, 1)
  proxy.readAgain()
  await changes(node, 2)
  await node.publish('c', 'back')
  await patience.until('it hears itself', () => node.texts('c').length === 1)
})

t.test('a server that closes a slow subscriber: it comes again', { skip }, async (t) => {
  const server = await startNats(t, 'max_pending: 1MB\nwrite_deadline: "500ms"')
  const proxy = await startNatsProxy(t, server.port)
  const publisher = await startNode(t, { servers: server.url })
  const member = await startNode(t, { servers: proxy.url }, 't:a')
  proxy.stopReading()
  const bytes = Buffer.alloc(mib / 4)
  while (!server.log.includes('Slow Consumer')) {
    publisher.adapter.publish('t:a', bytes)
    await nextTurn()
  }
  proxy.readAgain()
  await changes(member, 2)
  t.same(member.states, ['down', 'up'])
  t.same(publisher.states, [])
  await publisher.publish('t:a', 'again')
  await patience.until('it hears others', () => member.texts('t:a').at(-1) === 'again')
})

t.test(
  'a process that stands still for longer than a server may: the server is still there',
  { skip },
  async (t) => {
    const server = await startNats(t)
    const node = await startNode(t, { servers: server.url }, 'c')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000)
    const stream = new Stream(node, 'c')
    await patience.until('it hears itself', () => node.received.length > 100)
    stream.stop()
    t.same(node.states, [])
  }
)

t.test('a server that takes small messages only carries large ones in parts', { skip }, async (t) => {
  const server = await startNats(t, 'max_payload: 4096')
  const publisher = await startNode(t, { servers: server.url })
  const member = await startNode(t, { servers: server.url }, 't:a')
  const sent: string[] = []
  for (const size of [4096, 4097, 1, mib, 3968, 100_000]) {
    sent.push(`${size} `.padEnd(size, '.'))
    await publisher.publish('t:a', sent.at(-1) as string)
    // Asks for it anew in the midst of a message, which has its parts on their way.
    await member.adapter.subscribe(['t:a'])
  }
  await patience.until('all arrive', () => member.received.length === sent.length)
  t.same(member.texts('t:a'), sent)
  t.equal(publisher.adapter.publish('t:a', Buffer.alloc(16 * mib + 1)), false, 'larger than any may be')
})

t.test('it goes on at another server, and deployments do not hear each other', { skip }, async (t) => {
  const [first, second] = [await startNats(t), await startNats(t)]
  const servers = ['127.0.0.1:1', first.url, second.url]
  const node = await startNode(t, { servers, noRandomize: true }, 'c')
  const other = await startNode(t, { servers, noRandomize: true, prefix: 'other.phx' }, 'c')
  await node.publish('c', 'one')
  await other.publish('c', 'another')
  for (const each of [node, other]) {
    await patience.until('it hears itself', () => each.received.length === 1)
  }
  t.same([node.texts('c'), other.texts('c')], [['one'], ['another']])
  await first.kill()
  await Promise.all([changes(node, 2), changes(other, 2)])
  await node.publish('c', 'two')
  await patience.until('it hears itself', () => node.texts('c').length === 2)
  t.same(node.texts('c'), ['one', 'two'])
})

t.test('who may not come in is told at the start, without the secret', { skip }, async (t) => {
  const server = await startNats(t, 'authorization { user: "al@ice", password: "s:ecret" }')
  const address = `127.0.0.1:${server.port}`
  const node = await startNode(t, { servers: `nats://al%40ice:s:ecret@${address}` }, 'c')
  await node.publish('c', 'in')
  await patience.until('it hears itself', () => node.texts('c').length === 1)
  const { engine } = makeNode(t, { servers: `nats://al%40ice:wr0ng@${address}` })
  const refused = await engine.start(node).then(
    () => new Error('it came in'),
    (err: Error) => err
  )
  t.match(refused, { code: 'PHX_ERR_CLUSTER_UNREACHABLE', message: /authorization/i })
  t.notMatch(refused.message, /wr0ng/)
})

t.test('who may not publish or subscribe under the prefix is told at the start', { skip }, async (t) => {
  const server = await startNats(
    t,
    `authorization { users: [
      { user: all, password: x, permissions: { publish: "phx.>", subscribe: "phx.>" } }
      { user: deaf, password: x, permissions: { publish: "phx.>", subscribe: "other.>" } }
      { user: mute, password: x, permissions: { publish: "other.>", subscribe: "phx.>" } }
      { user: some, password: x, permissions: { publish: "phx.>", subscribe: { allow: "phx.>", deny: "phx.secret" } } }
    ] }`
  )
  const as = (user: string): NatsOptions => ({ servers: server.url, user, pass: 'x' })
  await startNode(t, as('all'), 'c')
  for (const user of ['deaf', 'mute']) {
    const { engine, node } = makeNode(t, as(user))
    const code = 'PHX_ERR_CLUSTER_UNREACHABLE'
    await t.rejects(engine.start(node), { code, message: /permissions violation/i }, user)
  }
  const some = await startNode(t, as('some'), 'c')
  await t.rejects(some.adapter.subscribe(['secret', 't:a']), { message: /permissions violation/i })
  await some.adapter.subscribe(['t:a'])
  await some.publish('t:a', 'heard')
  await patience.until('it hears itself', () => some.texts('t:a').length === 1)
})

t.test('nothing is left open when all are closed', { skip }, async (t) => {
  const server = await startNats(t)
  const nodes = await Promise.all(['a', 'b'].map((channel) => startNode(t, { servers: server.url }, channel)))
  await Promise.all(nodes.map(({ adapter }) => adapter.close()))
  await patience.until('all sockets are closed', () => openSockets() === 0)
  t.notOk(process.getActiveResourcesInfo().includes('Timeout'), 'no timer runs')
})

t.test('over TLS, with what the client takes for it', { skip }, async (t) => {
  const { key, cert } = certificate
  const folder = t.testdir({ 'key.pem': key, 'cert.pem': cert })
  const server = await startNats(t, `tls { key_file: "${folder}/key.pem", cert_file: "${folder}/cert.pem" }`)
  const servers = `tls://localhost:${server.port}`
  const node = await startNode(t, { servers, tls: { ca: cert } }, 'c')
  await node.publish('c', 'secret')
  await patience.until('it hears itself', () => node.texts('c').length === 1)
  await server.kill()
  await changes(node, 1)
  await server.restore()
  await changes(node, 2)
  const { engine } = makeNode(t, { servers })
  await t.rejects(engine.start(node), { code: 'PHX_ERR_CLUSTER_UNREACHABLE', message: /certificate/ })
})
