import { setImmediate as nextTurn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { nats } from '../../../lib/cluster/nats/nats.js'
import { Patience } from '../../../lib/cluster/suite-patience.js'
import { Stream, SuiteNode } from '../../../lib/cluster/suite-world.js'
import { freePort } from '../../fixtures/free-port.js'
import { startNatsPair } from '../../fixtures/nats-pair.js'
import { type NatsServer, noNats, startNats } from '../../fixtures/nats-server.js'

const skip = noNats()
const patience = new Patience(30_000)

async function startNode(t: Test, { url }: NatsServer, ...channels: string[]): Promise<SuiteNode> {
  const engine = nats({ servers: url })
  t.teardown(() => engine.close())
  const node = new SuiteNode(engine, patience)
  await engine.start(node)
  await engine.subscribe(channels)
  return node
}

/** Subscribes anew while others publish: nothing may be missing, and nothing come twice. */
async function renews(t: Test, member: SuiteNode, publishers: readonly SuiteNode[]): Promise<void> {
  const streams = publishers.map((publisher, i) => new Stream(publisher, `t:${i}`))
  const channels = streams.map((_, i) => `t:${i}`)
  for (let i = 0; i < 200; i++) {
    // Who leaves and comes back at once has never been away.
    if (i % 3 === 0) member.adapter.unsubscribe(channels.slice(0, 1))
    await member.adapter.subscribe(channels)
    await nextTurn()
  }
  for (const [i, stream] of streams.entries()) {
    stream.stop()
    t.ok(stream.count > 300, `${stream.count} were published`)
    const last = `${stream.count - 1}`
    await patience.until('the last arrives', () => member.texts(`t:${i}`).at(-1) === last)
    t.same(
      member.texts(`t:${i}`),
      Array.from({ length: stream.count }, (_, n) => `${n}`)
    )
  }
}

t.test('to subscribe anew, again and again, loses nothing and brings nothing twice', { skip }, async (t) => {
  const server = await startNats(t)
  const member = await startNode(t, server, 't:0', 't:1')
  await renews(t, member, [await startNode(t, server), await startNode(t, server)])
})

t.test('so it is when the publisher is at another server of the cluster', { skip }, async (t) => {
  const [first, second] = await startNatsPair(t, { hasStreams: false })
  const member = await startNode(t, first, 't:0', 't:1', 'c')
  const publishers = [await startNode(t, second), await startNode(t, first)]
  // Servers tell each other of what is subscribed a little later.
  await patience.until('they hear each other', () => {
    publishers[0]?.adapter.publish('c', Buffer.from('hello'))
    return member.received.length > 0
  })
  await renews(t, member, publishers)

  await first.kill()
  await patience.until(
    'it goes on at the other server, which it was told of',
    () => member.states.length === 2
  )
  await publishers[0]?.publish('t:1', 'again')
  await patience.until('it hears others', () => member.texts('t:1').at(-1) === 'again')
})

t.test('a server that joins the cluster later is used when the first one goes', { skip }, async (t) => {
  const [port, otherPort] = [await freePort(), await freePort()]
  const cluster = (own: number, routes = ''): string =>
    `cluster { name: c, listen: "127.0.0.1:${own}", ${routes} }`
  const first = await startNats(t, cluster(port), { hasStreams: false })
  const member = await startNode(t, first, 'c')
  const routes = `routes: ["nats://127.0.0.1:${port}"]`
  const other = await startNode(t, await startNats(t, cluster(otherPort, routes), { hasStreams: false }))
  await patience.until('they hear each other', () => {
    other.adapter.publish('c', Buffer.from('hello'))
    return member.received.length > 0
  })
  await first.kill()
  await patience.until('it goes on at the other one', () => member.states.length === 2)
  await other.publish('c', 'again')
  await patience.until('it hears others', () => member.texts('c').at(-1) === 'again')
})
