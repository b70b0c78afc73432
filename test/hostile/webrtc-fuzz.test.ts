import fc from 'fast-check'
import t from 'tap'
import { mergeLimits } from '../../lib/limits/limits.js'
import { userChannel } from '../../plugins/phoenix.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { FakePeerFactory, fakeCandidate, fakeOffer } from '../fixtures/fake-peer.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'
import { TestSocket } from '../fixtures/test-socket.js'
import { calls } from '../fixtures/user-server.js'

const off = { count: 0, windowMs: 1 }
const unlimited = {
  events: off,
  offers: off,
  iceCandidates: off,
  dataChannelMessages: off,
  joins: off,
  topicJoins: off
}

/** A client who has joined the channel of a user whose peers do nothing by themselves. */
function joined() {
  const limits = mergeLimits(unlimited)
  const clock = new FakeClock()
  const log = new RecordingLogger()
  const factory = new FakePeerFactory()
  factory.onOffer = ({ events }) => events.onAnswer('answer')
  const channel = userChannel({ hooks: [calls] })({
    limits,
    clock,
    log,
    onStart: () => {},
    onStop: () => {}
  })
  const client = new TestSocket({
    channels: { 'user:*': channel },
    clock,
    log,
    limits: unlimited,
    factory,
    assigns: { userId: 'alice' }
  })
  client.join('user:alice')
  client.sent()
  return { client, factory, log }
}

const event = fc.constantFrom(
  'webrtc:offer',
  'webrtc:ice',
  'webrtc:send',
  'webrtc:close',
  'webrtc:config',
  'webrtc:answer',
  'webrtc:state',
  'call_hook',
  'access_token'
)
const text = fc.oneof(
  fc.string(),
  fc.constantFrom(fakeOffer(), fakeCandidate(1), 'offer', 'events', '{"type":"call_hook"}', '__proto__', '')
)
const name = fc.constantFrom(
  'sdp',
  'type',
  'candidate',
  'sdpMid',
  'sdpMLineIndex',
  'usernameFragment',
  'channel'
)
const field = fc.oneof(
  name,
  fc.constantFrom('data', 'plugin', 'fn', 'args', 'token', '__proto__', 'toString')
)
const value = fc.oneof(text, fc.jsonValue(), fc.constantFrom({ type: 'offer' }, [[]], 1e308, -0, null))
const payload = fc.oneof(
  fc.array(fc.tuple(field, value), { maxLength: 8 }).map((fields) => Object.fromEntries(fields)),
  fc.record({ type: fc.constant('offer'), sdp: text }),
  value
)

t.test('every event of any payload gets one reply, and the channel lives on', async (t) => {
  const { client, factory, log } = joined()
  let ref = 1
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(event, payload), { maxLength: 20 }), async (messages) => {
      const refs = messages.map(([name, body]) => {
        client.receive('1', String(++ref), 'user:alice', name, body)
        return String(ref)
      })
      const sent: [unknown, string, string, string][] = []
      const replied = () => sent.filter(([, , , name]) => name === 'phx_reply').map(([, ref]) => ref)
      // Each offer has a turn of its own.
      for (let turns = 0; turns < 50 && replied().length < refs.length; turns++) {
        sent.push(...((await client.sentSoon()) as typeof sent))
      }
      return (
        factory.size <= 1 &&
        replied().length === refs.length &&
        refs.every((ref) => replied().includes(ref)) &&
        sent.every(([, , , name]) => name !== 'phx_error' && name !== 'phx_close')
      )
    }),
    { numRuns: 500 }
  )
  t.same(
    log.lines.filter(({ level }) => level === 'error'),
    []
  )
  client.receive('1', 'last', 'user:alice', 'webrtc:close', {})
  t.equal(factory.size, 0)
})

t.test('whatever arrives on a DataChannel is answered, handed on or counted', async (t) => {
  const { client, factory, log } = joined()
  client.receive('1', '2', 'user:alice', 'webrtc:offer', { type: 'offer', sdp: fakeOffer() })
  await client.sentSoon()
  const peer = factory.last
  const channels = ['events', 'chat'].map((label) => peer.openChannel(label))
  const bytes = fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data))
  const call = fc
    .array(fc.tuple(field, value), { maxLength: 6 })
    .map((fields) => JSON.stringify({ type: 'call_hook', ...Object.fromEntries(fields) }))
  await fc.assert(
    fc.asyncProperty(fc.nat(1), fc.oneof(bytes, text, call), async (index, data) => {
      channels[index]?.receive(data)
      await client.sentSoon()
      return factory.size === 1 && channels.every(({ isOpen }) => isOpen)
    }),
    { numRuns: 1000 }
  )
  t.same(
    log.lines.filter(({ level }) => level === 'error'),
    []
  )
  channels[0]?.receive('{"type":"call_hook","plugin":"calls","fn":"echo","args":[1],"id":"last"}')
  t.match(channels[0]?.sent.at(-1), '"id":"last","data":1')
})
