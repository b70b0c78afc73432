import t from 'tap'
import { diagnostics } from '../../lib/diagnostics/diagnostics.js'
import type { HistorySlice, SharedHistory } from '../../lib/history/store.js'
import { JsonText } from '../../lib/protocol/serializer/json.js'
import { HistoryRoom, said } from '../fixtures/history-room.js'
import { deferred, ok, reply, settled } from '../fixtures/test-socket.js'

const epoch = 'e'

/** A room whose messages an engine keeps, which answers when the test says so. */
function sharedRoom(response?: unknown) {
  const room = new HistoryRoom({ channel: { join: () => ({ ...ok, response }) } })
  const slice = deferred<HistorySlice>()
  const shared: SharedHistory = {
    connect: () => {},
    append: () => Promise.reject(new Error('not asked for')),
    read: () => slice.promise,
    recent: () => slice.promise
  }
  room.endpoint.histories?.share(shared)
  const come = (offset: number): void => {
    const payload = new JsonText(JSON.stringify({ n: offset }))
    const message = { offset, at: 0, event: 'say', payload, sender: undefined }
    room.endpoint.pubsub.deliverKept({ topic: 'room:1', event: 'say', payload }, message)
  }
  const answer = (offset: number): void =>
    slice.resolve({ position: { epoch, offset }, loss: undefined, messages: [] })
  return { room, come, answer, slice }
}

t.test('what waited for an answer that has no room for a position takes no room any more', async (t) => {
  const { room, come, answer } = sharedRoom([1])
  const client = room.connect()
  client.join('room:1', '1', { phx_recover: {} })
  for (const offset of [1, 2]) come(offset)
  t.not(client.socket.waiting?.bytes, 0)
  answer(2)
  t.same(await client.sentSoon(), [reply('1', '1', 'room:1', [1])])
  t.equal(client.socket.waiting?.bytes, 0)
  come(3)
  t.same(client.sent(), [[null, null, 'room:1', 'say', { n: 3 }]])
})

t.test('what is said between the answer and its reply follows the reply', async (t) => {
  const room = new HistoryRoom()
  const listener = (): void => room.say(1)
  diagnostics.recovery.subscribe(listener)
  t.teardown(() => diagnostics.recovery.unsubscribe(listener))
  const { answer, missed } = await room.recover()
  t.equal(answer?.offset, 0)
  t.same(missed, [said(1, { n: 1 })])
})

t.test('many whose answers come from one read leave room for others between them', async (t) => {
  const { room, answer } = sharedRoom()
  const clients = Array.from({ length: 3_000 }, () => room.connect())
  for (const client of clients) client.join('room:1', '1', { phx_recover: { epoch, offset: 1 } })
  const joined = (): number => clients.filter(({ transport }) => transport.frames.length > 0).length
  while (room.endpoint.turns.length > 0) await settled()
  answer(1)
  await settled()
  t.ok(joined() < clients.length, `${joined()} at once`)
  while (joined() < clients.length) await settled()
})

t.test('where the history cannot be reached the join is refused, and the client may try again', async (t) => {
  const { room, slice } = sharedRoom()
  const client = room.connect()
  client.join('room:1', '1', { phx_recover: {} })
  slice.reject(new Error('away'))
  t.same(await client.sentSoon(), [reply('1', '1', 'room:1', { reason: 'history_unavailable' }, 'error')])
  t.equal(room.endpoint.pubsub.has('room:1'), false)
  t.same(client.log.messages('error'), [])
  t.match(client.log.lines, [{ level: 'warn', details: { refusal: 'history', topic: 'room:1' } }])
})
