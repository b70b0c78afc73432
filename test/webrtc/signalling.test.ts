import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { InvalidCandidate, InvalidSdp } from '../../lib/errors.js'
import { candidateHoldMs } from '../../lib/webrtc/signalled-peer.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { FakePeerFactory, fakeCandidate, fakeOffer } from '../fixtures/fake-peer.js'
import { error, join, offer, ok, summary } from '../fixtures/peer-session.js'

t.test('nothing is pushed before the reply to the offer, and the answer comes first', async (t) => {
  const factory = new FakePeerFactory()
  factory.onOffer = ({ events }) => {
    events.onState('connecting')
    events.onCandidate(fakeCandidate(40_000), '0')
    events.onAnswer('the answer')
  }
  const { session, pushed } = join({ factory })
  t.same(await session.offer({ type: 'offer', sdp: fakeOffer() }), ok)
  t.same(pushed, [])
  await turn()
  t.same(pushed, [
    { event: 'webrtc:answer', payload: { type: 'answer', sdp: 'the answer' } },
    { event: 'webrtc:state', payload: { state: 'connecting' } },
    { event: 'webrtc:ice', payload: { candidate: fakeCandidate(40_000), sdpMid: '0', sdpMLineIndex: 0 } }
  ])
})

t.test('candidates and states that come before the answer wait for it', async (t) => {
  const factory = new FakePeerFactory()
  const { session, pushed } = join({ factory })
  await offer(session)
  const { events } = factory.last
  events.onCandidate(fakeCandidate(1), '0')
  events.onState('connecting')
  t.same(pushed, [])
  events.onAnswer('answer')
  events.onCandidate(fakeCandidate(2), '0')
  t.same(summary(pushed), ['webrtc:answer', 'webrtc:ice', 'webrtc:state connecting', 'webrtc:ice'])
})

t.test('candidates name the position of the data section', async (t) => {
  const factory = new FakePeerFactory()
  const { session, pushed } = join({ factory })
  await offer(session, fakeOffer().replace('m=app', 'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\nm=app'))
  factory.last.events.onAnswer('answer')
  factory.last.events.onCandidate(fakeCandidate(1), '0')
  t.equal(pushed[1]?.payload.sdpMLineIndex, 1)
})

t.test('an offer that is none is turned down and leaves the peer alone', async (t) => {
  const factory = new FakePeerFactory()
  const { session, pushed } = join({ factory })
  const sdp = fakeOffer()
  for (const payload of [
    undefined,
    null,
    'offer',
    {},
    { sdp },
    { sdp, type: 'answer' },
    { sdp, type: 'Offer' },
    { sdp, type: ['offer'] },
    { sdp: 'garbage', type: 'offer' },
    { type: 'offer' }
  ]) {
    t.same(await session.offer(payload), error('invalid_sdp'), JSON.stringify(payload))
  }
  t.equal(factory.peers.length, 0)
  t.notOk(session.hasPeer)

  await offer(session)
  const { last } = factory
  factory.onOffer = () => {
    throw new InvalidSdp('the library knows better')
  }
  t.same(await session.offer({ type: 'offer', sdp }), error('invalid_sdp'))
  t.equal(factory.size, 1)
  t.notOk(last.closed)
  last.events.onAnswer('answer')
  t.same(summary(pushed), ['webrtc:answer'])
})

t.test('a peer that cannot be made does not tell the client why', async (t) => {
  const factory = new FakePeerFactory()
  factory.onOffer = () => {
    throw new Error('secret')
  }
  const { session } = join({ factory })
  t.same(await session.offer({ type: 'offer', sdp: fakeOffer() }), error('internal_error'))
  t.equal(factory.size, 0)
})

t.test('without a factory WebRTC is off', async (t) => {
  const { session } = join()
  t.same(await session.offer({ type: 'offer', sdp: fakeOffer() }), error('webrtc_disabled'))
  t.same(session.candidate({ candidate: fakeCandidate(1) }), error('no_webrtc_session'))
  t.same(session.closePeer(), ok)
})

t.test('candidates of the client are held until shortly after the answer was sent', async (t) => {
  const factory = new FakePeerFactory()
  const clock = new FakeClock()
  const { session } = join({ factory, clock })
  await offer(session, fakeOffer([fakeCandidate(1)]))
  const { last } = factory
  t.same(session.candidate({ candidate: fakeCandidate(2), sdpMid: '0' }), ok)
  clock.advance(10_000)
  t.same(last.candidates, [], 'no answer, no candidates')

  last.events.onAnswer('answer')
  t.same(session.candidate({ candidate: fakeCandidate(3) }), ok)
  clock.advance(candidateHoldMs - 1)
  t.same(last.candidates, [])
  clock.advance(1)
  t.same(
    last.candidates,
    [1, 2, 3].map((port) => fakeCandidate(port))
  )
  session.candidate({ candidate: fakeCandidate(4) })
  t.equal(last.candidates.at(-1), fakeCandidate(4))
})

t.test('candidates of no use never reach the library', async (t) => {
  const factory = new FakePeerFactory()
  const clock = new FakeClock()
  const { session } = join({ factory, clock })
  await offer(session)
  const { last } = factory
  const send = (candidate: string, rest = {}) => session.candidate({ candidate, sdpMid: '0', ...rest })
  t.same(send(''), ok)
  t.same(session.candidate({ candidate: null }), ok)
  t.same(send(fakeCandidate(1, 'abc.local')), ok)
  t.same(send(fakeCandidate(2), { usernameFragment: 'stale' }), ok)
  t.same(send(fakeCandidate(3), { usernameFragment: 'frag' }), ok)
  t.same(send(fakeCandidate(3)), ok)
  t.same(send('garbage'), error('invalid_candidate'))
  last.addCandidate = () => {
    throw new InvalidCandidate('the library knows better')
  }
  last.events.onAnswer('answer')
  clock.advance(candidateHoldMs)
  t.equal(session.stats.dropped.candidate_ignored, 4)
  t.equal(session.getStats()?.dropped.candidate_ignored, 4)
})

t.test('the number of candidates that reach the library is bounded', async (t) => {
  const factory = new FakePeerFactory()
  const clock = new FakeClock()
  const { session } = join({ factory, clock })
  await offer(session)
  factory.last.events.onAnswer('answer')
  clock.advance(candidateHoldMs)
  for (let port = 1; port <= 100; port++) t.same(session.candidate({ candidate: fakeCandidate(port) }), ok)
  t.equal(factory.last.candidates.length, 64)
})

t.test('candidates over the rate of the user are turned down, and a new offer resets nothing', async (t) => {
  const factory = new FakePeerFactory()
  const clock = new FakeClock()
  const { session } = join({ factory, clock, limits: { iceCandidates: { count: 3, windowMs: 1000 } } })
  await offer(session, fakeOffer([fakeCandidate(1)]))
  t.same(session.candidate({ candidate: '' }), ok)
  t.same(session.candidate({ candidate: 'garbage' }), error('invalid_candidate'))
  t.same(session.candidate({ candidate: fakeCandidate(2) }), error('ice_rate_limited'))
  await offer(session)
  t.same(session.candidate({ candidate: fakeCandidate(3) }), error('ice_rate_limited'))
  clock.advance(1000)
  t.same(session.candidate({ candidate: fakeCandidate(3) }), ok)
})

t.test('candidates inside an offer count towards the rate, and those over it are left out', async (t) => {
  const factory = new FakePeerFactory()
  const clock = new FakeClock()
  const { session } = join({ factory, clock, limits: { iceCandidates: { count: 2, windowMs: 1000 } } })
  t.same(await offer(session, fakeOffer([1, 2, 3].map((port) => fakeCandidate(port)))), ok)
  t.same(session.candidate({ candidate: fakeCandidate(4) }), error('ice_rate_limited'))
  factory.last.events.onAnswer('answer')
  clock.advance(candidateHoldMs)
  t.same(factory.last.candidates, [fakeCandidate(1), fakeCandidate(2)])
  t.equal(session.stats.dropped.candidate_ignored, 1)
})
