import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { FakeClock } from '../fixtures/fake-clock.js'
import { FakePeerFactory, fakeCandidate, fakeOffer } from '../fixtures/fake-peer.js'
import { connecting, error, join, offer, ok, summary } from '../fixtures/peer-session.js'

t.test('a second offer replaces the peer, and nothing of the older one is pushed any more', async (t) => {
  const { session, pushed, factory, clock, peer } = await connecting()
  peer.openChannel('events')
  pushed.length = 0
  t.same(await offer(session), ok)
  t.ok(peer.closed)
  t.equal(factory.size, 1)
  peer.events.onState('closed')
  peer.events.onCandidate(fakeCandidate(1), '0')
  peer.events.onAnswer('late')
  t.same(pushed, [])
  factory.last.events.onAnswer('second')
  t.same(pushed, [{ event: 'webrtc:answer', payload: { type: 'answer', sdp: 'second' } }])
  t.equal(clock.pending, 1)
})

t.test('an offer right after an offer leaves the second peer alone', async (t) => {
  const factory = new FakePeerFactory()
  factory.onOffer = ({ events }) => events.onAnswer(`answer ${factory.peers.length}`)
  const { session, pushed } = join({ factory })
  void session.offer({ type: 'offer', sdp: fakeOffer() })
  await offer(session)
  // The first may have been answered, where the turn of the event loop had no room for both.
  t.equal(pushed.at(-1)?.payload.sdp, 'answer 2')
  t.equal(factory.size, 1)
})

for (const state of ['disconnected', 'failed'] as const) {
  t.test(`a peer that is ${state} is closed and freed`, async (t) => {
    const { session, pushed, factory, clock, peer } = await connecting()
    peer.events.onState(state)
    peer.events.onState('closed')
    t.same(summary(pushed), [
      'webrtc:answer',
      'webrtc:state connected',
      `webrtc:state ${state}`,
      'webrtc:state closed'
    ])
    t.equal(factory.size, 0)
    t.equal(clock.pending, 0)
    t.notOk(session.hasPeer)
    t.same(session.candidate({ candidate: fakeCandidate(1) }), error('no_webrtc_session'))
  })
}

t.test('a peer that closes by itself says so once', async (t) => {
  const { pushed, factory, peer } = await connecting()
  peer.events.onState('closed')
  peer.events.onState('closed')
  t.same(summary(pushed).slice(2), ['webrtc:state closed'])
  t.equal(factory.size, 0)
})

t.test('a state is pushed once for each change', async (t) => {
  const { pushed, peer } = await connecting()
  peer.events.onState('connected')
  t.same(summary(pushed), ['webrtc:answer', 'webrtc:state connected'])
})

t.test('a peer whose channel opens is connected, whatever the library told first', async (t) => {
  const factory = new FakePeerFactory()
  const { session, pushed } = join({ factory })
  await offer(session)
  const { last: peer } = factory
  peer.events.onAnswer('answer')
  peer.openChannel('events')
  peer.events.onState('connecting')
  peer.events.onState('connected')
  t.same(summary(pushed), ['webrtc:answer', 'webrtc:state connected', 'webrtc:channel_open'])
})

t.test('webrtc:close ends the peer, tells of its channels, and may come again', async (t) => {
  const { session, pushed, factory, peer } = await connecting()
  peer.openChannel('events')
  peer.openChannel('chat')
  pushed.length = 0
  t.same(session.closePeer(), ok)
  t.same(session.closePeer(), ok)
  t.same(
    pushed.map(({ payload }) => payload),
    [{ channel: 'events' }, { channel: 'chat' }, { state: 'closed' }]
  )
  t.equal(factory.size, 0)
})

t.test('a peer that ends before its answer pushes nothing but closed, after the reply', async (t) => {
  const factory = new FakePeerFactory()
  factory.onOffer = ({ events }) => {
    events.onState('failed')
    events.onAnswer('late')
  }
  const { session, pushed } = join({ factory })
  t.same(await session.offer({ type: 'offer', sdp: fakeOffer() }), ok)
  t.same(pushed, [])
  t.same(session.candidate({ candidate: '' }), error('no_webrtc_session'))
  await turn()
  t.same(summary(pushed), ['webrtc:state closed'])
  t.equal(factory.size, 0)
})

t.test('the end of the join frees everything and silences the peer', async (t) => {
  const { session, pushed, factory, clock, peer } = await connecting()
  const channel = peer.openChannel('events')
  pushed.length = 0
  session.end()
  session.end()
  t.equal(factory.size, 0)
  t.equal(clock.pending, 0)
  channel.receive('{"type":"call_hook","plugin":"p","fn":"f"}')
  peer.events.onState('closed')
  session.sendData('chat', 'hello')
  t.same(session.closePeer(), ok)
  t.same(
    session.receive({ channel: 'events', data: '{"type":"call_hook","plugin":"p","fn":"f"}' }, 'websocket'),
    ok
  )
  t.same(await session.offer({ type: 'offer', sdp: fakeOffer() }), error('webrtc_disabled'))
  await turn()
  t.same(pushed, [])
})

t.test('a join that ends before the reply to its offer went out pushes nothing', async (t) => {
  const factory = new FakePeerFactory()
  factory.onOffer = ({ events }) => events.onAnswer('answer')
  const { session, pushed } = join({ factory })
  await session.offer({ type: 'offer', sdp: fakeOffer() })
  session.end()
  await turn()
  t.same(pushed, [])
  t.equal(factory.size, 0)
})

t.test('a push that ends the join leaves no timer behind', async (t) => {
  const factory = new FakePeerFactory()
  const clock = new FakeClock()
  const { session, pushed } = join({ factory, clock, onPush: () => session.end() })
  await offer(session)
  factory.last.events.onCandidate(fakeCandidate(1), '0')
  factory.last.events.onAnswer('answer')
  t.same(summary(pushed), ['webrtc:answer'])
  t.equal(clock.pending, 0)
  t.equal(factory.size, 0)
})
