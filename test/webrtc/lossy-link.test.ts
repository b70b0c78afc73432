import { setImmediate as turn } from 'node:timers/promises'
import type { DataChannelInitConfig } from 'node-datachannel'
import t, { type Test } from 'tap'
import type { Limits } from '../../lib/limits/limits.js'
import { LossyLink } from '../fixtures/lossy-link.js'
import { createLoopbackFactory, NativeClient } from '../fixtures/native-client.js'

/** Real peers with a link between them that can be cut. */
async function connect(
  t: Test,
  configs: Record<string, DataChannelInitConfig>,
  limits: Partial<Limits> = {}
) {
  const factory = await createLoopbackFactory()
  const link = await LossyLink.open(t)
  const client = new NativeClient({ factory, limits }, link)
  t.teardown(() => {
    client.disconnect()
    factory.close()
  })
  const channels = await client.connect(Object.keys(configs), (label) => configs[label] ?? {})
  return { client, link, channels, session: client.session }
}

const large = 'x'.repeat(1000)

t.test('the server sends as the client negotiated: what is lost is sent again or not', async (t) => {
  const configs = {
    reliable: {},
    unordered: { unordered: true, maxRetransmits: 0 },
    shortLived: { unordered: true, maxPacketLifeTime: 1 }
  }
  const { link, session, channels } = await connect(t, configs)
  link.isCut = true
  // The reliable one goes last: what the others sent would come again before it.
  for (const label of ['unordered', 'shortLived', 'reliable']) {
    const lost = link.loss()
    t.equal(session.sendData(label, large).sent, 1)
    await lost
  }
  // It comes again when the life of the short-lived one is over.
  await link.loss()
  link.isCut = false
  for (const label of Object.keys(configs)) session.sendData(label, 'last')
  const [reliable, unordered, shortLived] = channels
  t.equal(await reliable?.next(), large)
  t.equal(await reliable?.next(), 'last')
  t.equal(await unordered?.next(), 'last')
  t.equal(await shortLived?.next(), 'last')
  t.same([unordered?.waiting, shortLived?.waiting], [0, 0])
})

t.test('a client that falls behind gets the newest state, and is spared the rest', async (t) => {
  const { link, session, channels } = await connect(t, { state: {} })
  link.isCut = true
  let sent = 0
  const send = () => session.sendData('state', `${++sent} ${large}`, { dropStale: 'world' })
  while (send().held === 0) if (sent > 100_000) throw new Error('the client is never congested')
  t.ok(sent * large.length < 512 * 1024, 'SCTP has taken in as little as it can')
  for (let i = 0; i < 100; i++) t.equal(send().held, 1)
  link.isCut = false

  let got = 0
  let newest: number
  do {
    newest = Number.parseInt(String(await channels[0]?.next()), 10)
    got++
  } while (newest < sent)
  t.equal(newest, sent)
  t.equal(sent - got, 100, 'one of those that were held')
  t.equal(session.stats.dropped.stale, 100)
  t.equal(send().sent, 1, 'and it has caught up')
})

t.test('a client that falls behind for good loses what may be dropped, then its peer', async (t) => {
  const limits = { queuedBytes: 100_000, queuedBytesMax: 200_000 }
  const { client, link, session, channels } = await connect(t, { state: {} }, limits)
  link.isCut = true
  let sent = 0
  while (session.sendData('state', large).dropped === 0) {
    if (++sent > 100_000) throw new Error('the queue is never full')
    await turn()
  }
  t.ok(sent * large.length >= 100_000)
  t.ok(session.hasPeer)
  while (session.sendData('state', large, { droppable: false }).dropped === 0) {
    if (++sent > 100_000) throw new Error('the queue is never too full')
    await turn()
  }
  t.ok(sent * large.length >= 200_000)
  t.notOk(session.hasPeer)
  t.equal(session.stats.dropped.queue_full, 2)
  await client.pushes(({ event, payload }) => event === 'webrtc:state' && payload.state === 'closed')
  t.equal(session.sendData('state', large).pushed, 1)
  link.isCut = false
  await channels[0]?.closed
})
