import { once } from 'node:events'
import { existsSync, rmdirSync, statSync } from 'node:fs'
import { createConnection } from 'node:net'
import { dirname, join } from 'node:path'
import t from 'tap'
import { encodeFrame, FrameKind, framesVersion } from '../../../lib/cluster/workers/frames.js'
import { startHub } from '../../../lib/cluster/workers/hub.js'
import { privateAddress } from '../../../lib/cluster/workers/private-address.js'
import { workers } from '../../../lib/cluster/workers/workers.js'
import { type HubWorker, startHubWorkers } from '../../fixtures/hub-workers.js'

type Nodes = [HubWorker, HubWorker, HubWorker]

t.test('what one of three workers publishes reaches those that are subscribed, unchanged', async (t) => {
  const { nodes } = await startHubWorkers(t, 3)
  const [a, b, c] = nodes as Nodes
  await a.order({ do: 'subscribe', channels: ['c', 't:room:1'] })
  await b.order({ do: 'subscribe', channels: ['c'] })
  await c.order({ do: 'subscribe', channels: ['t:room:1'] })
  await a.order({ do: 'publish', channel: 'c', texts: ['to a and b'] })
  await b.order({ do: 'publish', channel: 't:room:1', texts: ['to a and c'] })
  await c.order({ do: 'publish', channel: 't:nobody', texts: ['to nobody'] })
  await c.order({ do: 'publish', channel: 'c', texts: ['last'] })
  await c.order({ do: 'publish', channel: 't:room:1', texts: ['last'] })
  const texts = async (node: HubWorker, count: number): Promise<string[]> =>
    (await node.deliveredUntil(count)).map(({ channel, text }) => `${channel} ${text}`).sort()
  t.same(await texts(a, 4), ['c last', 'c to a and b', 't:room:1 last', 't:room:1 to a and c'])
  t.same(await texts(b, 2), ['c last', 'c to a and b'])
  t.same(await texts(c, 2), ['t:room:1 last', 't:room:1 to a and c'])
})

t.test('from 1 byte to 4 MiB', async (t) => {
  const { nodes } = await startHubWorkers(t, 2)
  const [a, b] = nodes as Nodes
  await b.order({ do: 'subscribe', channels: ['t:large'] })
  const sizes = [1, 255, 65_535, 65_536, 1_000_000, 4 * 1024 * 1024, 3]
  const digests: unknown[] = []
  for (const size of sizes) digests.push(await a.order({ do: 'publishBytes', channel: 't:large', size }))
  const delivered = await b.deliveredUntil(sizes.length)
  t.same(
    delivered.map(({ bytes }) => bytes),
    sizes
  )
  t.same(
    delivered.map(({ digest }) => digest),
    digests
  )
})

t.test('the order of each publisher is kept', async (t) => {
  const { nodes } = await startHubWorkers(t, 3)
  const [a, b, c] = nodes as Nodes
  await c.order({ do: 'subscribe', channels: ['one', 'two'] })
  const texts = (who: string): string[] => Array.from({ length: 3000 }, (_, index) => `${who}${index}`)
  await Promise.all([
    a.order({ do: 'publish', channel: 'one', texts: texts('a').slice(0, 1500) }),
    b.order({ do: 'publish', channel: 'two', texts: texts('b').slice(0, 1500) }),
    a.order({ do: 'publish', channel: 'two', texts: texts('a').slice(1500) }),
    b.order({ do: 'publish', channel: 'one', texts: texts('b').slice(1500) })
  ])
  const came = (await c.deliveredUntil(6000)).map(({ text }) => text)
  for (const who of ['a', 'b'])
    t.same(
      came.filter((text) => text.startsWith(who)),
      texts(who)
    )
})

t.test('10,000 channels are subscribed at once, and let go', async (t) => {
  const { hub, nodes } = await startHubWorkers(t, 2)
  const [a, b] = nodes as Nodes
  const channels = Array.from({ length: 10_000 }, (_, index) => `t:room:${index}`)
  await b.order({ do: 'subscribe', channels })
  await a.order({ do: 'publish', channel: 't:room:9999', texts: ['last'] })
  await b.deliveredUntil(1)
  await b.order({ do: 'unsubscribe', channels: channels.slice(1) })
  // Confirmed behind what came before.
  await b.order({ do: 'subscribe', channels: ['t:new'] })
  for (const channel of ['t:room:5', 't:room:0']) await a.order({ do: 'publish', channel, texts: ['then'] })
  t.same(
    (await b.deliveredUntil(2)).map(({ channel }) => channel),
    ['t:room:9999', 't:room:0']
  )
  t.ok(hub.address)
})

t.test('the socket is in a folder of its owner alone, which is removed at the end', async (t) => {
  const hub = await startHub()
  const folder = dirname(hub.address)
  t.equal(statSync(folder).mode & 0o777, 0o700)
  await hub.close()
  t.notOk(existsSync(folder))
})

t.test('a path that the operating system would cut off is not used', async (t) => {
  await t.rejects(startHub({ address: `/tmp/${'x'.repeat(110)}` }), { code: 'PHX_ERR_OPTION_INVALID' })
  const { address, folder } = privateAddress('linux', `/tmp/${'x'.repeat(80)}`)
  t.match(address, /^\/tmp\/phx-\w{6}\/\w{32}$/)
  rmdirSync(folder as string)
  t.match(privateAddress('win32').address, /^\\\\\.\\pipe\\fastify-phoenix-\w{32}$/)
})

t.test('where there is no hub, start says what to do', async (t) => {
  const sink = { deliver: () => {}, state: () => {} }
  await t.rejects(workers().start(sink), { code: 'PHX_ERR_CLUSTER_HUB_MISSING', message: /supervise\(\)/ })
  const address = join(t.testdir(), 'none')
  await t.rejects(workers({ address }).start(sink), { code: 'PHX_ERR_CLUSTER_UNREACHABLE' })
})

t.test('close sends what was published, and is the end of deliveries', async (t) => {
  const { nodes } = await startHubWorkers(t, 2)
  const [a, b] = nodes as Nodes
  for (const node of [a, b]) await node.order({ do: 'subscribe', channels: ['c'] })
  await Promise.all([
    a.order({ do: 'flood', channel: 'c', size: 1000, most: 2000 }),
    a.order({ do: 'close' })
  ])
  t.equal((await b.deliveredUntil(2000)).length, 2000)
  await b.until((reports) => reports.some((each) => each.is === 'gone' && each.node === 'node0'))
  t.equal(await a.order({ do: 'publish', channel: 'c', texts: ['late'] }), false)
  t.equal(await a.order({ do: 'subscribe', channels: ['late'] }), 'PHX_ERR_CLUSTER_CLOSED')
})

t.test('garbled and too large frames end that connection alone', async (t) => {
  const { hub, nodes } = await startHubWorkers(t, 2)
  const [a, b] = nodes as Nodes
  await b.order({ do: 'subscribe', channels: ['c'] })
  const hello = encodeFrame(FrameKind.hello, [framesVersion, 'other'])
  const subscribe = encodeFrame(FrameKind.subscribe, [1, 'c'])
  subscribe.writeUInt32BE(9, 9)
  const garbled: Buffer[] = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0, 0, 0, 0, 0]),
    encodeFrame(FrameKind.hello, [framesVersion + 1, 'other']),
    encodeFrame(FrameKind.subscribe, [1, 'c']),
    Buffer.concat([hello, Buffer.from([0, 0, 0, 1, 99])]),
    Buffer.concat([hello, Buffer.from([0xff, 0xff, 0xff, 0xff, 2])]),
    Buffer.concat([hello, subscribe]),
    Buffer.concat([hello, Buffer.from([0, 0, 0, 3, 2, 0, 0])])
  ]
  for (const bytes of garbled) {
    const socket = createConnection(hub.address)
    socket.on('error', () => {})
    socket.write(bytes)
    await once(socket.resume(), 'close')
  }
  await a.order({ do: 'publish', channel: 'c', texts: ['still there'] })
  t.equal((await b.deliveredUntil(1))[0]?.text, 'still there')
})
