import t from 'tap'
import { recoverable } from '../../lib/client/recoverable.js'
import { connectPhoenix, join, push } from '../fixtures/phoenix-client.js'
import {
  cutWhile,
  keepingMount,
  keepingRoom,
  RecoveringMember,
  talk,
  upTo
} from '../fixtures/recovering-member.js'
import { startServer } from '../fixtures/server.js'
import { until } from '../fixtures/until.js'

for (const transport of ['websocket', 'longpoll'] as const) {
  t.test(`over ${transport}, cut at random moments, each message comes once and in order`, async (t) => {
    const { app, url } = await startServer(t, keepingMount)
    const members = upTo(5).map(
      (n) => new RecoveringMember(t, url.replace('ws:', 'http:'), `user ${n}`, { transport })
    )
    await Promise.all(members.map(({ joined }) => joined))
    const count = 1_000
    await cutWhile(members, talk([app.phoenix], count))
    await until(() => members.every(({ heard }) => heard.length >= count))
    for (const { heard, answers } of members) {
      t.same(heard, upTo(count))
      t.ok(answers.length > 1, `${answers.length} joins`)
      t.same(new Set(answers.slice(1).map(({ recovered }) => recovered)), new Set([true]))
    }
  })
}

t.test('what a client says itself comes to the others, and never back to it', async (t) => {
  const { url } = await startServer(t, keepingMount)
  const alice = new RecoveringMember(t, url, 'alice')
  const other = new RecoveringMember(t, url, 'alice')
  await Promise.all([alice.joined, other.joined])
  for (const n of upTo(20)) {
    t.equal((await push(alice.channel, 'say', { n })).status, 'ok')
    alice.cut()
    await until(() => alice.answers.length > n)
  }
  await until(() => other.heard.length >= 20)
  t.same(other.heard, upTo(20))
  t.same(alice.heard, [])
})

t.test('a history that is too short is said, and the client goes on from there', async (t) => {
  const short = { ...keepingRoom, history: { size: 2 } }
  const { app, url } = await startServer(t, { channels: { 'room:*': short } })
  const member = new RecoveringMember(t, url, 'alice')
  await member.joined
  member.cut()
  for (const n of upTo(5)) app.phoenix.broadcast('room:1', 'say', { n })
  await until(() => member.answers.length > 1)
  t.match(member.answers[1], { recovered: false, offset: 5 })
  app.phoenix.broadcast('room:1', 'say', { n: 6 })
  await until(() => member.heard.length > 0)
  t.same(member.heard, [6])
  member.cut()
  await until(() => member.answers.length > 2)
  t.match(member.answers[2], { recovered: true, count: 0, offset: 6 })
})

t.test('parameters are those of the application, also where a function says them', async (t) => {
  const seen: unknown[] = []
  const looking = {
    ...keepingRoom,
    join(params: unknown) {
      seen.push(params)
      return { status: 'ok' } as const
    }
  }
  const { url } = await startServer(t, { channels: { 'room:*': looking } })
  const socket = connectPhoenix(t, url, { params: { user_id: 'alice' } })
  let turn = 0
  const channel = recoverable(socket, 'room:1', () => ({ turn: ++turn }))
  await join(channel)
  t.match(seen, [{ turn: 1, phx_recover: { client: /^.{8,64}$/ } }])
  t.same(Object.keys((seen[0] as { phx_recover: object }).phx_recover), ['client'])
  const plain = recoverable(socket, 'room:2')
  t.equal((await join(plain)).status, 'ok')
})

t.test('on a topic without history it is a channel like any other', async (t) => {
  const { history: _, ...without } = keepingRoom
  const { app, url } = await startServer(t, { channels: { 'room:*': without } })
  const member = new RecoveringMember(t, url, 'alice')
  await member.joined
  app.phoenix.broadcast('room:1', 'say', { n: 1 })
  await until(() => member.heard.length > 0)
  t.same(member.answers, [undefined])
  member.cut()
  await until(() => member.answers.length > 1)
  t.equal(member.channel.state, 'joined')
})
