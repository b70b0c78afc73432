import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { connected, summary } from '../fixtures/peer-session.js'

const none = { sent: 0, held: 0, pushed: 0, dropped: 0 }

t.test('text and bytes reach the DataChannel as they are, and the sender is told', async (t) => {
  const { session, peer } = await connected()
  const state = peer.openChannel('state')
  const bytes = Buffer.from([1, 2])
  t.same(session.sendData('state', 'text'), { ...none, sent: 1 })
  t.same(session.sendData('state', bytes), { ...none, sent: 1 })
  t.equal(state.sent[0], 'text')
  t.equal(state.sent[1], bytes, 'without a copy')
  t.equal(session.stats.messagesOut, 2)
})

t.test('without an open DataChannel data goes over the channel, unless it may not', async (t) => {
  const { session, pushed } = await connected()
  t.same(session.sendData('state', 'text'), { ...none, pushed: 1 })
  t.same(session.sendData('state', 'text', { fallback: 'channel', dropStale: 'a' }), { ...none, pushed: 1 })
  t.same(session.sendData('state', 'text', { fallback: 'none' }), { ...none, dropped: 1 })
  t.match(pushed, [
    { event: 'webrtc:data', payload: { channel: 'state', data: 'text' } },
    { event: 'webrtc:data', dropStale: /state.*a/s }
  ])
  t.equal(pushed.length, 2)
  t.match(session.stats, { fallbacks: 2, dropped: { no_channel: 1 } })
})

t.test('state that a client is too slow for is replaced by newer state of its name', async (t) => {
  const { session, peer, clock } = await connected()
  const state = peer.openChannel('state')
  const send = (data: string, dropStale: string) => session.sendData('state', data, { dropStale })
  t.same(send('p1', 'position'), { ...none, sent: 1 })
  state.bufferedAmount = 1
  t.same(send('p2', 'position'), { ...none, held: 1 })
  t.same(send('s1', 'score'), { ...none, held: 1 })
  t.same(send('p3', 'position'), { ...none, held: 1 })
  session.sendData('state', 'event')
  t.same(state.sent, ['p1', 'event'], 'what is no state does not wait')
  clock.advance(1000)
  t.equal(state.sent.length, 2)
  state.bufferedAmount = 0
  clock.advance(1000)
  t.same(state.sent.slice(2), ['s1', 'p3'], 'what changed last is sent last')
  t.equal(session.stats.dropped.stale, 1)
  t.equal(session.stats.messagesOut, 4)
  t.equal(clock.pending, 0, 'nothing looks after a client that has caught up')
})

t.test('state that is newer than what waits overtakes it', async (t) => {
  const { session, peer, clock } = await connected()
  const state = peer.openChannel('state')
  state.bufferedAmount = 1
  session.sendData('state', 'p1', { dropStale: 'position' })
  state.bufferedAmount = 0
  t.same(session.sendData('state', 'p2', { dropStale: 'position' }), { ...none, sent: 1 })
  clock.advance(1000)
  t.same(state.sent, ['p2'])
  t.equal(session.stats.dropped.stale, 1)
})

t.test('what was held goes out bit by bit where the client falls behind again', async (t) => {
  const { session, peer, clock } = await connected()
  const state = peer.openChannel('state')
  const sent: unknown[] = []
  state.send = (data) => {
    sent.push(data)
    state.bufferedAmount = 1
    return true
  }
  state.bufferedAmount = 1
  for (const dropStale of ['a', 'b', 'c']) session.sendData('state', dropStale, { dropStale })
  for (let i = 1; i <= 3; i++) {
    state.bufferedAmount = 0
    clock.advance(1000)
    t.equal(sent.length, i)
  }
  t.same(sent, ['a', 'b', 'c'])
})

t.test('state of one name is one for each label', async (t) => {
  const { session, peer, clock } = await connected()
  const [one, two] = [peer.openChannel('one'), peer.openChannel('two')]
  one.bufferedAmount = 1
  session.sendData('one', 'first', { dropStale: 'a' })
  session.sendData('two', 'second', { dropStale: 'a' })
  one.bufferedAmount = 0
  clock.advance(1000)
  t.same([one.sent, two.sent], [['first'], ['second']])
})

t.test('bytes that wait are those of the moment, however the sender uses its buffer again', async (t) => {
  const { session, peer, clock } = await connected()
  const state = peer.openChannel('state')
  const bytes = Buffer.from('old')
  state.bufferedAmount = 1
  session.sendData('state', bytes, { dropStale: 'a' })
  bytes.write('new')
  state.bufferedAmount = 0
  clock.advance(1000)
  t.same(state.sent, [Buffer.from('old')])
})

t.test('state waits in the place of its label, whichever DataChannel has it', async (t) => {
  const { session, peer, clock } = await connected()
  const first = peer.openChannel('state')
  first.bufferedAmount = 1
  session.sendData('state', 'a', { dropStale: 'a' })
  const second = peer.openChannel('state')
  first.close()
  clock.advance(1000)
  t.same(second.sent, ['a'])

  second.bufferedAmount = 1
  session.sendData('state', 'b', { dropStale: 'b' })
  second.close()
  clock.advance(1000)
  t.equal(session.stats.dropped.not_sent, 1)
})

t.test('state that went over the channel meanwhile is not overtaken by older state', async (t) => {
  const { session, peer, clock, pushed } = await connected()
  const other = peer.openChannel('other')
  const state = peer.openChannel('state')
  const options = { dropStale: 'position' }
  other.bufferedAmount = 1
  t.same(session.sendData('state', 'p1', options), { ...none, held: 1 })
  state.close()
  t.same(session.sendData('state', 'p2', options), { ...none, pushed: 1 })
  const again = peer.openChannel('state')
  other.bufferedAmount = 0
  clock.advance(1000)
  t.same(again.sent, [])
  t.match(
    pushed.filter(({ event }) => event === 'webrtc:data'),
    [{ payload: { data: 'p2' } }]
  )
  t.equal(session.stats.dropped.stale, 1)
})

t.test('state that waits counts as queued, and a little for each of its names', async (t) => {
  const { session, peer } = await connected({ limits: { queuedBytes: 1000 } })
  const state = peer.openChannel('state')
  state.bufferedAmount = 10
  const send = (bytes: number, dropStale?: string) =>
    session.sendData('state', 'x'.repeat(bytes), { dropStale })
  t.equal(send(500, 'a').held, 1)
  t.equal(send(200, 'b').held, 1)
  t.equal(send(0, 'c').dropped, 1)
  t.equal(send(100).dropped, 1)
  t.equal(send(600, 'a').dropped, 1)
  t.equal(send(500, 'a').held, 1, 'in place of as many bytes')
  t.match(session.stats.dropped, { queue_full: 3, stale: 1 })
})

t.test('a message that may not be dropped ends the peer of a client that does not read', async (t) => {
  const { session, pushed, peer, factory } = await connected({
    limits: { queuedBytes: 100, queuedBytesMax: 500 }
  })
  const state = peer.openChannel('state')
  state.bufferedAmount = 90
  t.same(session.sendData('state', 'x'.repeat(11)), { ...none, dropped: 1 })
  t.equal(factory.size, 1)
  pushed.length = 0
  await nextTurn()
  state.bufferedAmount = 501
  t.same(session.sendData('state', 'x'.repeat(11), { droppable: false }), { ...none, dropped: 1 })
  t.equal(factory.size, 0)
  t.equal(session.stats.dropped.queue_full, 2)
  t.same(summary(pushed), ['webrtc:channel_closed', 'webrtc:state closed'])
  t.same(session.sendData('state', 'x'), { ...none, pushed: 1 }, 'and the channel is the way again')
})

t.test('nothing is left of what waited for a peer that ends', async (t) => {
  const { session, peer, clock } = await connected()
  const state = peer.openChannel('state')
  state.bufferedAmount = 1
  session.sendData('state', 'a', { dropStale: 'a' })
  session.closePeer()
  t.equal(clock.pending, 0)
  t.equal(session.stats.dropped.not_sent, 1)
})

t.test('a session that has ended sends nothing', async (t) => {
  const { session, pushed } = await connected()
  session.end()
  t.same(session.sendData('state', 'a'), none)
  t.same(pushed, [])
})

t.test('what is no data, and options that are wrong, are refused', async (t) => {
  const { session } = await connected()
  const invalid = { code: 'PHX_ERR_WEBRTC_INVALID_DATA' }
  for (const data of [null, undefined, 1, {}, [], new ArrayBuffer(1)]) {
    t.throws(() => session.sendData('state', data as never), invalid)
  }
  t.throws(() => session.sendData(1 as never, 'text'), invalid)
  for (const [name, value] of [
    ['fallback', 'pigeon'],
    ['dropStale', 1],
    ['droppable', 'yes']
  ] as const) {
    t.throws(() => session.sendData('state', 'text', { [name]: value }), {
      code: 'PHX_ERR_OPTION_INVALID',
      message: new RegExp(name)
    })
  }
})

t.test('a message that the client does not take on the DataChannel goes over the channel', async (t) => {
  const { session, pushed, peer, clock } = await connected({ limits: { queuedBytes: 10_000 } })
  const chat = peer.openChannel('chat')
  chat.maxMessageSize = 100
  pushed.length = 0
  const large = 'é'.repeat(51)
  t.match(session.sendData('chat', 'é'.repeat(50)), { sent: 1 })
  t.match(session.sendData('chat', large), { sent: 0, pushed: 1, dropped: 0 })
  t.match(session.sendData('chat', Buffer.alloc(101)), { pushed: 1 })
  t.match(session.sendData('chat', large, { fallback: 'none' }), { pushed: 0, dropped: 1 })
  t.equal(chat.sent.length, 1)
  t.same(
    pushed.map(({ event, payload }) => [event, payload.encoding]),
    [
      ['webrtc:data', undefined],
      ['webrtc:data', 'base64']
    ]
  )
  t.match(session.stats, { fallbacks: 2, dropped: { too_large: 1, not_sent: 0 } })

  chat.bufferedAmount = 1
  t.match(session.sendData('chat', 'old', { dropStale: 'state' }), { held: 1 })
  t.match(session.sendData('chat', large, { dropStale: 'state' }), { held: 0, pushed: 1 })
  chat.bufferedAmount = 0
  clock.advance(1000)
  t.equal(chat.sent.length, 1, 'and nothing older comes behind it')
})
