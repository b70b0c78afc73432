import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { FakePeerFactory, fakeOffer } from '../fixtures/fake-peer.js'
import { createLoopbackFactory, NativeClient, resources } from '../fixtures/native-client.js'
import { error, join, offer, ok, summary } from '../fixtures/peer-session.js'
import { until } from '../fixtures/until.js'

t.test(
  'of a hundred offers in a row only the last peer lives, and nothing of the others is left',
  async (t) => {
    const factory = await createLoopbackFactory()
    const client = new NativeClient({ factory })
    await client.connect(['events'])
    const before = resources()
    // Its connections do not hear the answers to what they have not asked.
    client.disconnect()
    for (let i = 0; i < 98; i++) t.same(await client.session.offer(client.lastOffer), ok)
    t.equal(factory.size, 1)
    client.pushed.length = 0
    const [events] = await client.connect(['events'])
    t.match(await events?.call('p', 'f', [1]), { data: [1] })
    t.equal(factory.size, 1)

    client.session.end()
    client.disconnect()
    t.equal(factory.size, 0)
    await until(() => {
      const { threads, files } = resources()
      return threads <= before.threads && files <= before.files
    })
  }
)

t.test(
  'of a hundred offers at once the answer to the last one comes last, and its peer is left',
  async (t) => {
    const factory = new FakePeerFactory()
    factory.onOffer = ({ events }) => events.onAnswer(`answer ${factory.peers.length}`)
    const { session, pushed } = join({ factory })
    for (let i = 0; i < 99; i++) void session.offer({ type: 'offer', sdp: fakeOffer() })
    await offer(session)
    t.equal(pushed.at(-1)?.payload.sdp, 'answer 100')
    t.equal(factory.size, 1)
  }
)

t.test('offers over the limit of the user are refused, and the peer lives on', async (t) => {
  const factory = new FakePeerFactory()
  const { session, pushed } = join({ factory, limits: { offers: { count: 2, windowMs: 60_000 } } })
  t.same(await offer(session), ok)
  t.same(await session.offer({ type: 'offer', sdp: 'garbage counts as well' }), error('invalid_sdp'))
  t.same(await offer(session), error('rate_limited'))
  t.equal(factory.size, 1)
  t.ok(session.hasPeer)
  factory.last.events.onAnswer('answer')
  t.same(summary(pushed), ['webrtc:answer'])
})

t.test(
  'calls whose DataChannel closes lose their caller, and their replies are dropped and counted',
  async (t) => {
    const factory = new FakePeerFactory()
    let gone = 0
    let finish = (): void => {}
    const call = () =>
      new Promise<{ ok: true; json: string }>((resolve) => {
        finish = () => resolve({ ok: true, json: '1' })
      })
    const { session } = join({ factory, call, onCallerGone: () => gone++ })
    for (const end of ['the DataChannel', 'the peer', 'a newer offer'] as const) {
      gone = 0
      await offer(session)
      const { last: peer } = factory
      peer.events.onAnswer('answer')
      const channel = peer.openChannel('events')
      channel.receive('{"type":"call_hook","plugin":"p","fn":"f","id":1}')
      t.equal(gone, 0)
      if (end === 'the DataChannel') channel.close()
      else if (end === 'the peer') peer.events.onState('disconnected')
      else await offer(session)
      t.equal(gone, 1, `${end} ends the calls`)
      const dropped = session.stats.dropped.not_sent
      finish()
      await turn()
      await turn()
      t.equal(session.stats.dropped.not_sent, dropped + 1)
      t.same(channel.sent, [])
    }
  }
)
