import t from 'tap'
import { diagnostics } from '../../lib/diagnostics/diagnostics.js'
import type { RecoveryEvent } from '../../lib/diagnostics/events.js'
import { v1 } from '../../lib/protocol/serializer/v1.js'
import { HistoryRoom, position, said } from '../fixtures/history-room.js'
import { crashed, deferred, ok, reply, TestSocket } from '../fixtures/test-socket.js'

t.test('who asks for nothing gets frames without offsets', async (t) => {
  const room = new HistoryRoom()
  const client = room.connect()
  client.join('room:1')
  client.receive('1', '2', 'room:1', 'say', { n: 1 })
  t.same(client.sent(), [reply('1', '1', 'room:1'), [null, null, 'room:1', 'say', { n: 1 }]])
})

t.test('the first join tells where the topic is, and the broadcasts have their offsets', async (t) => {
  const room = new HistoryRoom()
  room.say(2)
  const { client, answer, response, missed } = await room.recover()
  t.match(answer, { offset: 2, recovered: false, count: 0, epoch: /^.{1,64}$/ })
  t.same(Object.keys(response as object), ['phx_recover'])
  t.same(missed, [])
  room.say(1)
  client.receive('1', '2', 'room:1', 'push', { n: 2 })
  client.receive('1', '3', 'room:1', 'state', { n: 3 })
  t.same(client.sent(), [
    said(3, { n: 1 }),
    ['1', null, 'room:1', 'say', { n: 2 }],
    [null, null, 'room:1', 'say', { n: 3 }]
  ])
})

t.test(
  'who comes back gets what it missed behind the reply, in order and ahead of what is new',
  async (t) => {
    const room = new HistoryRoom()
    const { answer } = await room.recover()
    room.say(3)
    const { epoch } = answer as { epoch: string }
    const again = await room.recover({ epoch, offset: 1 })
    t.same(again.answer, { epoch, offset: 1, recovered: true, count: 2 })
    t.same(again.missed, [said(2, { n: 2 }), said(3, { n: 3 })])
    room.say(1)
    t.same(again.client.sent(), [said(4, { n: 1 })])

    for (const _twice of [1, 2]) {
      const { answer, missed } = await room.recover({ epoch, offset: 4 })
      t.same(answer, { epoch, offset: 4, recovered: true, count: 0 }, 'at once after a recovery, too')
      t.same(missed, [])
    }
  }
)

t.test('a topic that is quiet has a position from the join on', async (t) => {
  const room = new HistoryRoom()
  const { answer, client } = await room.recover()
  const { epoch } = answer as { epoch: string }
  t.equal(answer?.offset, 0)
  client.socket.transportClosed(false)
  room.clock.advance(24 * 60 * 60 * 1000)
  room.say(1)
  const { missed } = await room.recover({ epoch, offset: 0 })
  t.same(missed, [said(1, { n: 1 })])
})

t.test('what is sent within the turn of the join follows what was missed', async (t) => {
  const room = new HistoryRoom()
  const { epoch } = (await room.recover()).answer as { epoch: string }
  room.say(40)
  const client = room.connect()
  client.join('room:1', '1', { phx_recover: { epoch, offset: 0 } })
  room.endpoint.broadcast('room:1', 'say', { n: 41 })
  const frames = [...(await client.sentSoon())]
  while (frames.length < 42) frames.push(...(await client.sentSoon()))
  t.same(
    frames.slice(1).map((frame) => (frame as unknown[])[1]),
    Array.from({ length: 41 }, (_, index) => `@${index + 1}`)
  )
})

t.test('never a part: what cannot be had in full is not replayed', async (t) => {
  const room = new HistoryRoom({ history: { size: 400, ttlMs: 1000 } })
  const { epoch } = (await room.recover()).answer as { epoch: string }
  room.say(301)
  const lost = { epoch, offset: 301, recovered: false, count: 0 }
  const cases: [string, { epoch: string; offset: number }][] = [
    ['301 missed', { epoch, offset: 0 }],
    ['a position that is not reached yet', { epoch, offset: 302 }],
    ['another epoch', { epoch: `${epoch}x`, offset: 300 }]
  ]
  for (const [name, asked] of cases) {
    const { answer, missed, client } = await room.recover(asked)
    t.same(answer, lost, name)
    t.same(missed, [])
    client.socket.transportClosed(false)
  }
  const most = await room.recover({ epoch, offset: 1 })
  t.equal(most.answer?.count, 300)
  const all = [...most.missed]
  while (all.length < 300) all.push(...(await most.client.sentSoon()))
  t.same(all.at(-1), said(301, { n: 301 }))
  room.clock.advance(1000)
  t.same((await room.recover({ epoch, offset: 300 })).answer, lost, 'its time is over')
  t.equal((await room.recover({ epoch, offset: 301 })).answer?.recovered, true, 'nothing was missed')
})

t.test('a position of another topic is one of another epoch', async (t) => {
  const room = new HistoryRoom()
  const { answer } = await room.recover()
  const other = await room.recover({ epoch: `${answer?.epoch}`, offset: 0 }, { topic: 'room:2' })
  t.equal(other.answer?.recovered, false)
})

t.test('a history of one message', async (t) => {
  const room = new HistoryRoom({ history: { size: 1 } })
  const { epoch } = (await room.recover()).answer as { epoch: string }
  room.say(3)
  t.equal((await room.recover({ epoch, offset: 1 })).answer?.recovered, false)
  const client = room.connect()
  client.join('room:1', '1', { phx_recover: { epoch, offset: 2 } })
  room.say(2)
  t.same((await client.sentSoon()).slice(1), [said(3, { n: 3 }), said(4, { n: 1 }), said(5, { n: 2 })])
})

t.test('what a client sent itself is its position alone, and comes to the other devices', async (t) => {
  const room = new HistoryRoom()
  const named = { id: 'user:alice' }
  const { client, answer } = await room.recover({ client: 'phone' }, named)
  const tablet = await room.recover({ client: 'tablet' }, named)
  client.receive('1', '2', 'room:1', 'tell', { n: 1 })
  t.same(client.sent(), [position(1)])
  t.same(tablet.client.sent(), [said(1, { n: 1 })])

  const { epoch } = answer as { epoch: string }
  const asked = { epoch, offset: 0 }
  t.same((await room.recover({ ...asked, client: 'phone' }, named)).missed, [position(1)])
  t.same((await room.recover({ ...asked, client: 'tablet' }, named)).missed, [said(1, { n: 1 })])
  t.same((await room.recover({ ...asked, client: 'phone' }, { id: 'user:bob' })).missed, [said(1, { n: 1 })])
  t.same((await room.recover(asked, named)).missed, [said(1, { n: 1 })])
})

t.test('what comes of the old connection of a client does not come back over the new one', async (t) => {
  const room = new HistoryRoom()
  const old = await room.recover({ client: 'phone' })
  const young = await room.recover({ client: 'phone' })
  old.client.receive('1', '2', 'room:1', 'tell', { n: 1 })
  t.same(young.client.sent(), [position(1)])
})

t.test('bytes are followed by their position, and are that alone where the client has none', async (t) => {
  const room = new HistoryRoom()
  const { epoch } = (await room.recover()).answer as { epoch: string }
  const bytes = Buffer.from([1, 2])
  room.endpoint.broadcast('room:1', 'bytes', bytes)
  bytes.fill(0)
  room.say(1)
  const frame = Buffer.concat([Buffer.from([2, 6, 5]), Buffer.from('room:1bytes'), Buffer.from([1, 2])])
  const { missed, client } = await room.recover({ epoch, offset: 0 })
  t.same(missed, [frame, position(1), said(2, { n: 1 })])
  room.endpoint.broadcast('room:1', 'bytes', Buffer.from([1, 2]))
  t.same(client.sent(), [frame, position(3)])

  const old = room.connect({ serializer: v1 })
  const params = { phx_recover: { epoch, offset: 0 } }
  const join = { topic: 'room:1', event: 'phx_join', payload: params, ref: '1' }
  old.socket.receive(Buffer.from(JSON.stringify(join)), false)
  t.same((await old.sentSoon()).slice(1), [
    { topic: 'room:1', event: 'phx_position', payload: { offset: 1 }, ref: null },
    { topic: 'room:1', event: 'say', payload: { n: 1 }, ref: '@2' },
    { topic: 'room:1', event: 'phx_position', payload: { offset: 3 }, ref: null }
  ])
})

t.test('handleOut applies, keeps the order, and the position follows', async (t) => {
  const gate = deferred()
  const room = new HistoryRoom({
    channel: {
      handleOut: {
        async edit(payload, channel) {
          await gate.promise
          channel.push('edited', payload as object)
        }
      }
    }
  })
  const { epoch } = (await room.recover()).answer as { epoch: string }
  room.endpoint.broadcast('room:1', 'edit', { n: 1 })
  room.say(1)
  room.endpoint.broadcast('room:1', 'edit', { n: 2 })
  const { client, missed } = await room.recover({ epoch, offset: 0 })
  room.say(1)
  t.same([...missed, ...client.sent()], [])
  gate.resolve()
  t.same(await client.sentSoon(), [
    ['1', null, 'room:1', 'edited', { n: 1 }],
    position(1),
    said(2, { n: 1 }),
    ['1', null, 'room:1', 'edited', { n: 2 }],
    position(3),
    said(4, { n: 1 })
  ])
})

t.test('a message on which handleOut fails is not handled anew after the rejoin', async (t) => {
  const room = new HistoryRoom({
    channel: {
      handleOut: {
        bad() {
          throw new Error('always')
        }
      }
    }
  })
  const { client } = await room.recover()
  room.endpoint.broadcast('room:1', 'bad', {})
  t.same(await client.sentSoon(), [position(1), crashed('1', 'room:1')])
})

t.test('too much behind a slow handleOut ends the channel, which then recovers', async (t) => {
  const room = new HistoryRoom({ channel: { handleOut: { slow: () => new Promise<void>(() => {}) } } })
  const { client, answer } = await room.recover({}, { limits: { mailboxMessages: 2 } })
  room.endpoint.broadcast('room:1', 'slow', {})
  room.say(3)
  t.same(await client.sentSoon(), [crashed('1', 'room:1')])
  t.equal(client.socket.waiting?.bytes, 0)
  const again = await room.recover({ epoch: `${answer?.epoch}`, offset: 1 })
  t.equal(again.answer?.count, 3)
})

t.test('join runs again: who may no longer join recovers nothing', async (t) => {
  let isAllowed = true
  const room = new HistoryRoom({
    channel: { join: () => (isAllowed ? ok : { status: 'error', response: { reason: 'unauthorized' } }) }
  })
  const { answer } = await room.recover()
  room.say(1)
  isAllowed = false
  const { response, missed, client } = await room.recover({ epoch: `${answer?.epoch}`, offset: 0 })
  t.same(response, { reason: 'unauthorized' })
  t.same(missed, [])
  room.say(1)
  t.same(client.sent(), [])
})

t.test('what cannot be understood is refused, and join does not run', async (t) => {
  let joins = 0
  const room = new HistoryRoom({
    channel: {
      join() {
        joins++
        return ok
      }
    }
  })
  const client = room.connect()
  client.join('room:1', '1', { phx_recover: { epoch: 'e' } })
  t.same(client.sent(), [reply('1', '1', 'room:1', { reason: 'invalid_phx_recover' }, 'error')])
  t.equal(joins, 0)
  t.match(client.log.lines, [{ level: 'warn', details: { refusal: 'recoverParam', topic: 'room:1' } }])
  client.join('plain:1', '2', { phx_recover: 'nonsense' })
  t.same(client.sent(), [reply('2', '2', 'plain:1')], 'a topic without history looks at nothing')
})

t.test('the answer stands beside what the application says', async (t) => {
  const answers: [unknown, unknown][] = [
    [{ a: [1] }, { a: [1] }],
    [{ phx_recover: 'mine', a: 1 }, { a: 1 }],
    [{ toJSON: () => ({ b: 2 }) }, { b: 2 }],
    [undefined, {}]
  ]
  for (const [response, expected] of answers) {
    const room = new HistoryRoom({ channel: { join: () => ({ status: 'ok', response }) } })
    const { answer, response: sent } = await room.recover()
    t.equal(answer?.recovered, false)
    t.same(sent, { ...(expected as object), phx_recover: answer })
  }
})

t.test(
  'where the application answers no object there is no room for it, and nothing is counted',
  async (t) => {
    for (const response of [[1], 'text', 1, null]) {
      const room = new HistoryRoom({ channel: { join: () => ({ status: 'ok', response }) } })
      const client = room.connect()
      client.join('room:1', '1', { phx_recover: {} })
      room.say(1)
      t.same(client.sent(), [reply('1', '1', 'room:1', response), [null, null, 'room:1', 'say', { n: 1 }]])
    }
  }
)

t.test('a second join of the topic on the same socket goes on where it asks to', async (t) => {
  const room = new HistoryRoom()
  const { client, answer } = await room.recover()
  room.say(2)
  client.sent()
  client.join('room:1', '2', { phx_recover: { epoch: answer?.epoch, offset: 1 } })
  const frames = (await client.sentSoon()) as unknown[][]
  t.same(frames.at(-1), said(2, { n: 2 }))
  room.say(1)
  t.same(client.sent(), [said(3, { n: 1 })])
})

t.test('while an async join runs, what comes waits for its end and is recovered once', async (t) => {
  const gate = deferred()
  let isSlow = false
  const room = new HistoryRoom({
    channel: {
      async join() {
        if (isSlow) await gate.promise
        return ok
      }
    }
  })
  const { answer } = await room.recover()
  isSlow = true
  const client = room.connect()
  client.join('room:1', '1', { phx_recover: { epoch: answer?.epoch, offset: 0 } })
  room.say(2)
  t.same(await client.sentSoon(), [])
  gate.resolve()
  const [first, ...missed] = (await client.sentSoon()) as [unknown[], ...unknown[]]
  t.match(first[4], { response: { phx_recover: { count: 2 } } })
  t.same(missed, [said(1, { n: 1 }), said(2, { n: 2 })])
})

t.test('members who ask for it and others share one topic', async (t) => {
  const room = new HistoryRoom()
  const plain = room.connect()
  plain.join('room:1')
  plain.sent()
  const { client } = await room.recover()
  client.receive('1', '2', 'room:1', 'tell', { n: 1 })
  plain.receive('1', '2', 'room:1', 'tell', { n: 2 })
  t.same(plain.sent(), [[null, null, 'room:1', 'say', { n: 1 }]])
  t.same(client.sent(), [position(1), said(2, { n: 2 })])
})

t.test('what is local, or on a topic without history, has no offset', async (t) => {
  const room = new HistoryRoom()
  const { client } = await room.recover()
  room.endpoint.localBroadcast('room:1', 'say', { n: 1 })
  room.endpoint.broadcastData('room:1', 'label', 'x')
  room.endpoint.disconnect('room:1')
  const frames = client.sent() as unknown[][]
  t.same(
    frames.map(([, ref]) => ref),
    [null, null, null]
  )
  t.equal((await room.recover()).answer?.offset, 0)
  t.type(client, TestSocket)
})

t.test('what came of each recovery is told', async (t) => {
  const told: unknown[][] = []
  const listener = (event: unknown): void => {
    const { topic, pattern, result, count } = event as RecoveryEvent
    told.push([topic, pattern, result, count])
  }
  diagnostics.recovery.subscribe(listener)
  t.teardown(() => diagnostics.recovery.unsubscribe(listener))
  const room = new HistoryRoom({ history: { size: 2 }, limits: { recover: 2 } })
  const { epoch } = (await room.recover()).answer as { epoch: string }
  room.say(3)
  for (const offset of [1, 0, 4]) await room.recover({ epoch, offset })
  await room.recover({ epoch: 'other', offset: 0 })
  const big = new HistoryRoom({ limits: { recover: 2 } })
  const start = (await big.recover()).answer as { epoch: string }
  big.say(3)
  await big.recover({ ...start, offset: 0 })
  const results = told.map(([, , result, count]) => [result, count])
  t.same(results, [
    ['first', 0],
    ['recovered', 2],
    ['gap', 0],
    ['ahead', 0],
    ['epoch', 0],
    ['first', 0],
    ['limit', 0]
  ])
  t.same(told[0]?.slice(0, 2), ['room:1', 'room:*'])
})

t.test('many who come back in one turn all get what they missed', async (t) => {
  const room = new HistoryRoom()
  const { epoch } = (await room.recover()).answer as { epoch: string }
  room.say(20)
  const clients = Array.from({ length: 500 }, () => room.connect())
  for (const client of clients) {
    client.join('room:1', '1', { phx_recover: { epoch, offset: 0 } })
    client.receive('1', '2', 'room:1', 'push', { n: 'behind the join' })
  }
  room.say(1)
  const frames = clients.map(() => [] as unknown[])
  const isThrough = (sent: unknown[]): boolean => sent.length >= 23
  while (!frames.every(isThrough)) {
    for (const [index, client] of clients.entries()) frames[index]?.push(...(await client.sentSoon()))
  }
  const numbered = Array.from({ length: 21 }, (_, index) => `@${index + 1}`)
  for (const sent of frames) {
    const refs = sent.slice(1).map((frame) => (frame as unknown[])[1])
    t.same(
      refs.filter((ref) => ref !== null),
      numbered
    )
  }
})
