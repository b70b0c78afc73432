import { setImmediate as nextTurn, setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { Limits } from '../../lib/limits/limits.js'
import { defaultLimits } from '../../lib/limits/limits.js'
import { UserBudget } from '../../lib/limits/user-budgets.js'
import { FakeDataChannel } from '../fixtures/fake-peer.js'
import { connected, error, join, offer, ok, summary } from '../fixtures/peer-session.js'

const call = '{"type":"call_hook","plugin":"demo","fn":"echo","args":[1]}'
const reply = '{"type":"hook_reply","plugin":"demo","fn":"echo","data":[1]}'

t.test('opening and closing a DataChannel is told by its label', async (t) => {
  const { pushed, peer } = await connected()
  const channel = peer.openChannel('chat')
  channel.close()
  t.same(pushed, [
    { event: 'webrtc:channel_open', payload: { channel: 'chat' } },
    { event: 'webrtc:channel_closed', payload: { channel: 'chat' } }
  ])
})

t.test('a call on events is answered there, as JSON unless the sub-protocol is protobuf', async (t) => {
  const { session, peer } = await connected()
  for (const protocol of ['', 'json', 'Protobuf']) {
    const channel = peer.openChannel('events', protocol)
    channel.receive(call)
    t.same(channel.sent, [reply])
  }
  t.equal(session.stats.messagesIn, 3)
  t.equal(session.stats.messagesOut, 3)
})

t.test('a call in bytes is answered in text, whatever the sub-protocol but protobuf', async (t) => {
  const { session, peer } = await connected()
  for (const protocol of ['', 'json', 'x']) {
    const channel = peer.openChannel('events', protocol)
    channel.receive(Buffer.from(call))
    t.same(channel.sent, [reply])
    channel.close()
  }
  const channel = peer.openChannel('events', 'protobuf')
  channel.receive(Buffer.from(call))
  channel.receive(call)
  t.same(channel.sent, [])
  t.equal(session.stats.dropped.malformed, 2)
})

t.test('a DataChannel that has ended before anybody listens is counted', async (t) => {
  const { session, pushed, peer } = await connected()
  const channel = new FakeDataChannel('brief', '')
  channel.listen = ({ onClosed }) => onClosed()
  peer.events.onDataChannel(channel)
  t.same(pushed, [])
  t.equal(session.stats.dropped.channel_lost, 1)
  peer.openChannel('chat').close()
  t.equal(session.stats.dropped.channel_lost, 1)
})

t.test('other labels go to the application, which may fail', async (t) => {
  const seen: unknown[] = []
  const { peer } = await connected({
    onData: (label, data) => {
      seen.push([label, data])
      if (data === 'throw') throw new Error('a bug of the application')
      return data === 'reject' ? Promise.reject(new Error('a bug of the application')) : undefined
    }
  })
  const channel = peer.openChannel('chat')
  for (const data of [call, Buffer.from([1]), 'throw', 'reject']) channel.receive(data)
  t.same(
    seen,
    [call, Buffer.from([1]), 'throw', 'reject'].map((data) => ['chat', data])
  )
  t.same(channel.sent, [])
})

t.test('what nobody listens to, and what is no call, is counted', async (t) => {
  const { session, peer } = await connected()
  peer.openChannel('chat').receive('hello')
  const events = peer.openChannel('events')
  for (const data of ['', 'no json', '[]', 'null', '{"type":"other"}', Buffer.from([0xff])])
    events.receive(data)
  t.same(events.sent, [])
  t.match(session.stats.dropped, { unhandled: 1, malformed: 6 })
})

t.test('a message over the limit is dropped, one at the limit is not', async (t) => {
  const seen: number[] = []
  const { session, peer } = await connected({
    limits: { dataChannelMessageBytes: 10 },
    onData: (_label, data) => {
      seen.push(Buffer.byteLength(data))
    }
  })
  const channel = peer.openChannel('chat')
  for (const data of ['x'.repeat(10), 'é'.repeat(5), 'é'.repeat(6), Buffer.alloc(10), Buffer.alloc(11)]) {
    channel.receive(data)
  }
  t.same(seen, [10, 10, 10])
  t.equal(session.stats.dropped.too_large, 2)
})

t.test('with the limit off, what the library may have cut is still dropped', async (t) => {
  const { session, peer, factory } = await connected({
    limits: { dataChannelMessageBytes: 0 },
    onData: () => {}
  })
  const channel = peer.openChannel('chat')
  channel.receive(Buffer.alloc(factory.maxMessageSize - 1))
  t.equal(session.stats.dropped.too_large, 0)
  channel.receive(Buffer.alloc(factory.maxMessageSize))
  t.equal(session.stats.dropped.too_large, 1)
})

t.test('a flood ends the peer and says why, and a new peer resets nothing', async (t) => {
  const limits: Limits = { ...defaultLimits, dataChannelMessages: { count: 3, windowMs: 1000 } }
  const budget = new UserBudget(limits)
  const { session, pushed, factory, clock, peer } = await connected({ limits, budget })
  const channel = peer.openChannel('chat')
  for (let i = 0; i < 10; i++) channel.receive('hello')
  const end = ['webrtc:state rate_limited', 'webrtc:channel_closed', 'webrtc:state closed']
  t.same(summary(pushed), ['webrtc:channel_open', ...end])
  t.equal(factory.size, 0)
  t.match(session.stats, { messagesIn: 4, dropped: { rate_limited: 1 } })

  const other = await connected({ limits, budget, clock })
  other.peer.openChannel('chat').receive('hello')
  t.same(summary(other.pushed), ['webrtc:channel_open', ...end], 'another socket of the user')

  clock.advance(1000)
  t.same(await offer(session), ok)
  pushed.length = 0
  factory.last.events.onAnswer('answer')
  factory.last.openChannel('chat').receive('hello')
  t.same(summary(pushed), ['webrtc:answer', 'webrtc:state connected', 'webrtc:channel_open'])
})

t.test('a DataChannel too many is listened to and closed', async (t) => {
  const { session, pushed, peer } = await connected({ limits: { dataChannelsPerPeer: 2 } })
  const first = peer.openChannel('a')
  peer.openChannel('b')
  const extra = peer.openChannel('c')
  t.ok(extra.isListenedTo)
  t.notOk(extra.isOpen)
  extra.receive('ignored')
  first.close()
  t.ok(peer.openChannel('d').isOpen)
  t.same(
    pushed.map(({ payload }) => payload.channel),
    ['a', 'b', 'a', 'd']
  )
  t.equal(session.stats.dropped.channel_refused, 1)
})

t.test('opening channels for ever is a flood', async (t) => {
  const { pushed, peer } = await connected({
    limits: { dataChannelsPerPeer: 2, dataChannelMessages: { count: 5, windowMs: 1000 } }
  })
  for (let i = 0; i < 10 && !peer.closed; i++) peer.openChannel('a').close()
  t.ok(peer.closed)
  t.same(summary(pushed).slice(-2), ['webrtc:state rate_limited', 'webrtc:state closed'])
  t.equal(pushed.length, 7 * 2 + 2)
})

t.test('a label that is too long is refused', async (t) => {
  const { pushed, peer } = await connected()
  t.ok(peer.openChannel('é'.repeat(127)).isOpen)
  t.notOk(peer.openChannel('é'.repeat(128)).isOpen)
  t.equal(pushed.length, 1)
})

t.test('data goes to the newest open channel of its label, or over the channel', async (t) => {
  const { session, pushed, peer } = await connected()
  const first = peer.openChannel('chat')
  const second = peer.openChannel('chat')
  session.sendData('chat', 'one')
  second.close()
  session.sendData('chat', Buffer.from('two'))
  first.close()
  t.same(second.sent, ['one'])
  t.same(first.sent, [Buffer.from('two')])

  pushed.length = 0
  session.sendData('chat', 'three')
  session.sendData('chat', new Uint8Array([255, 0]))
  t.same(pushed, [
    { event: 'webrtc:data', payload: { channel: 'chat', data: 'three' } },
    { event: 'webrtc:data', payload: { channel: 'chat', data: '/wA=', encoding: 'base64' } }
  ])
})

t.test('data for a client that does not read is dropped, a reply ends its peer', async (t) => {
  const { session, pushed, factory, peer } = await connected({
    limits: { queuedBytes: 100, queuedBytesMax: 150 }
  })
  const chat = peer.openChannel('chat')
  const events = peer.openChannel('events')
  session.sendData('chat', 'x'.repeat(200))
  t.equal(chat.sent.length, 1, 'a single message always fits')
  await nextTurn()
  chat.bufferedAmount = 90
  session.sendData('chat', 'x'.repeat(10))
  t.equal(chat.sent.length, 2)
  session.sendData('chat', 'x'.repeat(11))
  t.equal(chat.sent.length, 2)
  t.equal(session.stats.dropped.queue_full, 1)
  pushed.length = 0
  await nextTurn()
  chat.bufferedAmount = 200
  events.receive(call)
  t.same(events.sent, [])
  t.same(summary(pushed), ['webrtc:channel_closed', 'webrtc:channel_closed', 'webrtc:state closed'])
  t.equal(factory.size, 0)
  t.equal(session.stats.dropped.queue_full, 2)
})

t.test('a client that takes nothing loses its peer, also when nothing more is sent to it', async (t) => {
  const limits = { queuedBytes: 100, queueStallMs: 10_000 }
  const { session, factory, peer, clock } = await connected({ limits })
  const chat = peer.openChannel('chat')
  chat.bufferedAmount = 1000
  session.sendData('chat', 'x'.repeat(1000), { droppable: false })
  await nextTurn()
  clock.advance(9000)
  chat.bufferedAmount = 900
  clock.advance(9900)
  t.equal(factory.size, 1, 'it took some of it')
  clock.advance(200)
  t.equal(factory.size, 0)
  t.equal(session.stats.dropped.queue_full, 1)
  t.equal(clock.pending, 0)
})

t.test('a client that takes what waits is watched no more', async (t) => {
  const { session, factory, peer, clock } = await connected({ limits: { queuedBytes: 100 } })
  const chat = peer.openChannel('chat')
  chat.bufferedAmount = 1000
  session.sendData('chat', 'x'.repeat(1000))
  await nextTurn()
  clock.advance(9000)
  chat.bufferedAmount = 100
  clock.advance(100)
  t.equal(factory.size, 1)
  t.equal(clock.pending, 0)
})

t.test('webrtc:send stands in for a DataChannel', async (t) => {
  const seen: unknown[] = []
  const transports: string[] = []
  const { session, pushed } = join({
    limits: { dataChannelMessageBytes: 100 },
    onData: (label, data) => {
      seen.push([label, data])
    },
    call: ({ transport, args }) => {
      transports.push(transport)
      return { ok: true, json: JSON.stringify(args) }
    }
  })
  t.same(session.receive({ channel: 'events', data: call }, 'websocket'), ok)
  t.same(session.receive({ channel: 'events', data: call }, 'longpoll'), ok)
  t.same(pushed, Array(2).fill({ event: 'webrtc:data', payload: { channel: 'events', data: reply } }))
  t.same(transports, ['websocket', 'longpoll'])
  t.same(session.receive({ channel: 'chat', data: 'hello' }, 'websocket'), ok)
  t.same(seen, [['chat', 'hello']])

  t.same(session.receive({ channel: 'events', data: 'garbage' }, 'websocket'), ok)
  t.same(session.receive({ channel: 'chat', data: 'x'.repeat(101) }, 'websocket'), ok)
  t.match(session.stats.dropped, { malformed: 1, too_large: 1 })
  for (const payload of [
    null,
    'x',
    {},
    { channel: 'chat' },
    { channel: 'chat', data: { a: 1 } },
    { channel: 5, data: 'x' },
    { channel: 'x'.repeat(256), data: 'x' }
  ]) {
    t.same(session.receive(payload, 'websocket'), error('invalid_payload'))
  }
})

t.test('webrtc:send to an application that listens to nothing is counted', async (t) => {
  const { session } = join()
  t.same(session.receive({ channel: 'chat', data: 'hello' }, 'websocket'), ok)
  t.equal(session.stats.dropped.unhandled, 1)
})

t.test('a reply that finds its DataChannel closed is counted, not sent elsewhere', async (t) => {
  let finish: (result: { ok: true; json: string }) => void = () => {}
  const { session, pushed, peer } = await connected({
    call: () =>
      new Promise((resolve) => {
        finish = resolve
      })
  })
  const first = peer.openChannel('events')
  const second = peer.openChannel('events')
  first.receive(call)
  first.close()
  finish({ ok: true, json: '1' })
  await turn()
  t.same([first.sent, second.sent], [[], []])
  t.notOk(pushed.some(({ event }) => event === 'webrtc:data'))
  t.equal(session.stats.dropped.not_sent, 1)
})

t.test('what the library does not take is counted', async (t) => {
  const { session, peer } = await connected()
  const channel = peer.openChannel('chat')
  channel.send = () => false
  session.sendData('chat', 'hello')
  t.match(session.stats, { messagesOut: 0, dropped: { not_sent: 1 } })
})
