import t from 'tap'
import { HistoryRoom, said } from '../fixtures/history-room.js'
import { crashed, deferred } from '../fixtures/test-socket.js'
import { until } from '../fixtures/until.js'

t.test('what a member says at its end, for which a message was too much, follows that message', async (t) => {
  const room = new HistoryRoom({
    channel: { terminate: (_reason, channel) => channel.broadcast('say', { n: 'left' }) }
  })
  const { answer, client } = await room.recover()
  room.say(2)
  client.socket.transportClosed(false)
  const slow = room.connect({ limits: { mailboxMessages: 1 } })
  Object.defineProperty(slow.socket, 'queuedBytes', { get: () => 2 ** 30 })
  slow.join('room:1', '1', { phx_recover: { epoch: answer?.epoch, offset: 0 } })
  const other = await room.recover()
  room.say(1)
  t.same(slow.sent().slice(1), [crashed('1', 'room:1')])
  t.same(other.client.sent(), [said(4, { n: 1 }), said(5, { n: 'left' })])
})

t.test('a message that is not the next one ends the channel, which then recovers', async (t) => {
  const room = new HistoryRoom()
  const { client, answer } = await room.recover()
  const { pubsub } = room.endpoint
  const payload = Buffer.from([1])
  const broadcast = { topic: 'room:1', event: 'say', payload }
  const message = { offset: 2, at: 0, event: 'say', payload, sender: undefined }
  room.endpoint.pubsub.deliverKept(broadcast, message)
  t.same(client.sent(), [crashed('1', 'room:1')])
  t.equal(pubsub.has('room:1'), false)
  t.equal(answer?.offset, 0)
})

t.test('a client gets what it missed when it reads, however late', async (t) => {
  const room = new HistoryRoom()
  const { answer } = await room.recover()
  room.say(2)
  const client = room.connect()
  let waiting = 600 * 1024
  Object.defineProperty(client.socket, 'queuedBytes', { get: () => waiting })
  client.join('room:1', '1', { phx_recover: { epoch: answer?.epoch, offset: 0 } })
  await client.sentSoon()
  room.clock.advance(600_000)
  t.same(client.sent(), [])
  waiting = 0
  room.clock.advance(1_000)
  t.same(client.sent(), [said(1, { n: 1 }), said(2, { n: 2 })])
})

t.test('what was missed counts as waiting for a client that does not read, until it is sent', async (t) => {
  const room = new HistoryRoom()
  const { answer } = await room.recover()
  room.say(3)
  for (const end of ['read', 'left'] as const) {
    const held = new Map<object, number>()
    const client = room.connect()
    Object.assign(client.transport, {
      holdBack: (each: object, bytes: number) => held.set(each, bytes),
      letGo: (each: object) => held.delete(each)
    })
    let waiting = 2 ** 30
    Object.defineProperty(client.socket, 'queuedBytes', { get: () => waiting })
    client.join('room:1', '1', { phx_recover: { epoch: answer?.epoch, offset: 0 } })
    await client.sentSoon()
    room.say(1)
    t.same([...held.values()], end === 'read' ? [7, 7, 7] : [7, 7, 7, 7], 'not what came meanwhile')
    waiting = 0
    if (end === 'read') room.clock.advance(50)
    else client.receive('1', '2', 'room:1', 'phx_leave', {})
    t.equal(held.size, 0)
  }
})

/** Rooms whose members handle what is said, one when the other is through. */
function handlingRoom() {
  const told: unknown[] = []
  const first = deferred()
  const room = new HistoryRoom({
    channel: {
      handleOut: {
        async say(payload, channel) {
          const { n } = payload as { n: unknown }
          if (n === 1) await first.promise
          told.push(n)
          channel.push('say', { n })
        }
      },
      terminate: (reason) => void told.push(reason)
    }
  })
  return { room, told, first }
}

t.test('what has come for a handler is handled before the channel ends with its client', async (t) => {
  const { room, told, first } = handlingRoom()
  const { client } = await room.recover()
  room.say(3)
  client.socket.transportClosed(false)
  room.endpoint.broadcast('room:1', 'say', { n: 'late' })
  first.resolve()
  await until(() => told.includes('closed'))
  t.same(told, [1, 2, 3, 'closed'])
  t.same(client.sent(), [], 'nobody is there to be sent anything')
  t.equal(client.socket.backlog.bytes, 0)
})

t.test('so is what was missed and waits for the client to read', async (t) => {
  const { room, told, first } = handlingRoom()
  const { answer, client: gone } = await room.recover()
  gone.socket.transportClosed(false)
  first.resolve()
  room.say(1)
  room.endpoint.broadcast('room:1', 'other', {})
  room.say(2)
  told.length = 0
  const client = room.connect()
  Object.defineProperty(client.socket, 'queuedBytes', { get: () => 2 ** 30 })
  client.join('room:1', '1', { phx_recover: { epoch: answer?.epoch, offset: 0 } })
  await client.sentSoon()
  t.same(told, [])
  client.socket.transportClosed(false)
  await until(() => told.includes('closed'))
  t.same(told, [1, 1, 2, 'closed'])
})

t.test('what takes too long at the end is cut short', async (t) => {
  const { room, told, first } = handlingRoom()
  const { client } = await room.recover()
  room.say(3)
  await client.sentSoon()
  client.socket.transportClosed(false)
  client.socket.cutShort()
  t.equal(client.socket.channels.size, 0)
  first.resolve()
  await until(() => told.includes('closed'))
  t.same(told, [1, 'closed'])
})
