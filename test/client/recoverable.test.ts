import { setTimeout as pause } from 'node:timers/promises'
import type { Channel, Socket } from 'phoenix'
import t, { type Test } from 'tap'
import { recoverable } from '../../lib/client/recoverable.js'
import { defineChannel, type PhoenixService } from '../../plugins/phoenix.js'
import { connectPhoenix, join, push } from '../fixtures/phoenix-client.js'
import { connectionOf } from '../fixtures/phoenix-internals.js'
import { startServer } from '../fixtures/server.js'
import { until } from '../fixtures/until.js'

const room = defineChannel({
  history: { size: 10_000 },
  join: () => ({ status: 'ok', response: { hello: true } }),
  handleIn: {
    say(payload, channel) {
      channel.broadcastFrom('say', payload as object)
      return { status: 'ok' }
    }
  }
})

/** Whoever is cut off all the time comes back all the time. */
const off = { count: 0, windowMs: 1 }
const mount = {
  channels: { 'room:*': room },
  limits: { joins: off, topicJoins: off, connects: off, socketsPerUser: 0 },
  history: { recover: 5_000 }
}

interface Answer {
  readonly phx_recover: { readonly recovered: boolean; readonly count: number; readonly offset: number }
}

/** A member that notes what it hears. */
class Member {
  readonly socket: Socket
  readonly channel: Channel
  readonly heard: unknown[] = []
  readonly answers: Answer['phx_recover'][] = []

  constructor(t: Test, url: string, userId: string, options: Parameters<typeof connectPhoenix>[2] = {}) {
    this.socket = connectPhoenix(t, url, { params: { user_id: userId }, ...options })
    this.channel = recoverable(this.socket, 'room:1', { as: userId })
    this.channel.on('say', ({ n }: { n: unknown }) => {
      this.heard.push(n)
    })
    this.channel.join().receive('ok', ({ phx_recover }: Answer) => {
      this.answers.push(phx_recover)
    })
  }

  get joined(): Promise<void> {
    return until(() => this.channel.state === 'joined')
  }

  /** The connection breaks, and nobody says so. */
  cut(): void {
    const connection = connectionOf(this.socket) as { terminate?(): void; close(): void } | null
    if (connection?.terminate !== undefined) connection.terminate()
    else connection?.close()
  }
}

/** Broadcasts so many messages with breaks of some milliseconds in between. */
async function talk(service: PhoenixService, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) {
    service.broadcast('room:1', 'say', { n })
    if (n % 10 === 0) await pause(1)
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

for (const transport of ['websocket', 'longpoll'] as const) {
  t.test(`over ${transport}, cut at random moments, each message comes once and in order`, async (t) => {
    const { app, url } = await startServer(t, mount)
    const members = upTo(5).map((n) => new Member(t, url.replace('ws:', 'http:'), `user ${n}`, { transport }))
    await Promise.all(members.map(({ joined }) => joined))
    const count = 1_000
    let isOver = false
    const cutting = members.map(async (member) => {
      while (!isOver) {
        await pause(Math.random() * 60)
        member.cut()
      }
    })
    await talk(app.phoenix, count)
    isOver = true
    await Promise.all(cutting)
    await until(() => members.every(({ heard }) => heard.length >= count))
    for (const { heard, answers } of members) {
      t.same(heard, upTo(count))
      t.ok(answers.length > 1, `${answers.length} joins`)
      t.same(new Set(answers.slice(1).map(({ recovered }) => recovered)), new Set([true]))
    }
  })
}

t.test('what a client says itself comes to the others, and never back to it', async (t) => {
  const { url } = await startServer(t, mount)
  const alice = new Member(t, url, 'alice')
  const other = new Member(t, url, 'alice')
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
  const short = { ...room, history: { size: 2 } }
  const { app, url } = await startServer(t, { channels: { 'room:*': short } })
  const member = new Member(t, url, 'alice')
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
    ...room,
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
  const { history: _, ...without } = room
  const { app, url } = await startServer(t, { channels: { 'room:*': without } })
  const member = new Member(t, url, 'alice')
  await member.joined
  app.phoenix.broadcast('room:1', 'say', { n: 1 })
  await until(() => member.heard.length > 0)
  t.same(member.answers, [undefined])
  member.cut()
  await until(() => member.answers.length > 1)
  t.equal(member.channel.state, 'joined')
})
