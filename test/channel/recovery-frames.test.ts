import t from 'tap'
import type { ChannelDefinition } from '../../lib/channel/channel.js'
import { EncodeFailed } from '../../lib/errors.js'
import type { Serializer } from '../../lib/protocol/serializer/serializer.js'
import { v2 } from '../../lib/protocol/serializer/v2.js'
import { HistoryRoom, position, said } from '../fixtures/history-room.js'
import { crashed } from '../fixtures/test-socket.js'

/** Has no frame for one event. */
const picky: Serializer = {
  ...v2,
  encodePush(message) {
    if (message.event === 'odd') throw new EncodeFailed('odd')
    return v2.encodePush(message)
  }
}

/** Has none for a position either. */
const mute: Serializer = {
  ...picky,
  encodeBroadcast(message) {
    if (message.event === 'phx_position') throw new EncodeFailed('phx_position')
    return picky.encodeBroadcast(message)
  }
}

t.test('what no frame can carry is not kept', async (t) => {
  const room = new HistoryRoom()
  const bytes = Buffer.from([1])
  const long = 'e'.repeat(256)
  const failed = { code: 'PHX_ERR_SERIALIZER_ENCODE' }
  t.throws(() => room.endpoint.broadcast('room:1', long, bytes), failed)
  t.throws(() => room.endpoint.broadcast(`room:${'ü'.repeat(126)}`, 'say', bytes), failed)
  room.endpoint.broadcast('room:1', long, {})
  room.endpoint.broadcast('room:1', 'e'.repeat(255), bytes)
  t.equal((await room.recover()).answer?.offset, 2)
})

t.test('a member whose serializer has no frame ends alone, and all others get the message', async (t) => {
  const room = new HistoryRoom()
  const odd = await room.recover({}, { serializer: picky })
  const other = await room.recover()
  t.throws(() => room.endpoint.broadcast('room:1', 'odd', {}), { code: 'PHX_ERR_SERIALIZER_ENCODE' })
  t.same(odd.client.sent(), [crashed('1', 'room:1')])
  t.same(other.client.sent(), [[null, '@1', 'room:1', 'odd', {}]])
  room.say(1)
  t.same(other.client.sent(), [said(2, { n: 1 })])
  const again = await room.recover({ epoch: `${odd.answer?.epoch}`, offset: 0 }, { serializer: picky })
  t.same(again.missed, [position(1), said(2, { n: 1 })], 'and goes on behind it')
})

t.test('what waits for what was missed ends its channel where it has no frame', async (t) => {
  const room = new HistoryRoom()
  const { answer } = await room.recover()
  room.say(1)
  const client = room.connect({ serializer: picky })
  let queued = 2 ** 30
  Object.defineProperty(client.socket, 'queuedBytes', { get: () => queued })
  client.join('room:1', '1', { phx_recover: { epoch: answer?.epoch, offset: 0 } })
  room.endpoint.broadcast('room:1', 'odd', {})
  queued = 0
  room.clock.advance(50)
  t.same((await client.sentSoon()).slice(1), [said(1, { n: 1 }), crashed('1', 'room:1')])
})

const handlers: NonNullable<ChannelDefinition['handleOut']> = {
  returns() {},
  throws() {
    throw new Error('handler fails')
  },
  async rejects() {
    throw new Error('handler fails')
  }
}

for (const [ends, handleOut] of Object.entries(handlers)) {
  t.test(`a position without a frame ends its channel alone, where the handler ${ends}`, async (t) => {
    const room = new HistoryRoom({ channel: { handleOut: { say: handleOut } } })
    const { client } = await room.recover({}, { serializer: mute })
    room.say(2)
    t.same(await client.sentSoon(), [crashed('1', 'room:1')])
    t.match(client.log.messages('error'), ['channel crashed'])
    t.equal(client.sockets.size, 1, 'its socket goes on')
    t.equal(client.socket.backlog.bytes, 0)
  })
}

t.test('what was missed and has no frame ends its channel where its position has none either', async (t) => {
  const room = new HistoryRoom()
  const { answer } = await room.recover()
  room.say(1)
  room.endpoint.broadcast('room:1', 'odd', {})
  room.say(1)
  const client = room.connect({ serializer: mute })
  let queued = 2 ** 30
  Object.defineProperty(client.socket, 'queuedBytes', { get: () => queued })
  client.join('room:1', '1', { phx_recover: { epoch: answer?.epoch, offset: 0 } })
  queued = 0
  room.clock.advance(50)
  t.same((await client.sentSoon()).slice(1), [said(1, { n: 1 }), crashed('1', 'room:1')])
})
