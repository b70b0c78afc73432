import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { EndpointCounters } from '../../lib/endpoint/stats.js'
import { defaultLimits, type Limits } from '../../lib/limits/limits.js'
import { QueuedMemory } from '../../lib/limits/queued-memory.js'
import { Turns } from '../../lib/limits/turns.js'
import type { Socket } from '../../lib/socket/socket.js'
import { BacklogWatch } from '../../lib/transport/backlog-watch.js'
import { type LongPollSession, LongPollSessions, randomToken } from '../../lib/transport/longpoll.js'
import { silentLogger } from '../../lib/util/logger.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { deferred, settled } from '../fixtures/test-socket.js'

function setUp(socket: Partial<Socket> = {}, overrides: Partial<Limits> = {}) {
  const clock = new FakeClock()
  const told: unknown[] = []
  const stats = new EndpointCounters()
  const memory = new QueuedMemory()
  let session: LongPollSession
  const sessions = new LongPollSessions({
    clock,
    log: silentLogger,
    stats,
    turns: new Turns(),
    backlogs: new BacklogWatch(clock, memory),
    windowMs: 1000,
    maxSessions: 0,
    newToken: randomToken,
    limits: { ...defaultLimits, frameBytes: 100, queuedBytes: 100, ...overrides }
  })
  session = sessions.create(() => told.push('ended'))
  session.attach({
    receive: (data: Buffer) => told.push(data.toString()),
    taken: () => undefined,
    reject(code: number) {
      told.push(code)
      session.close()
    },
    close(code: number) {
      told.push(code)
      session.close()
    },
    transportClosed: () => told.push('transportClosed'),
    ...socket
  } as unknown as Socket)
  return { clock, told, stats, memory, sessions, session }
}

/** The answer has reached the client. */
const received = { isLost: () => false, hasMoved: () => false }

const lost = { isLost: () => true, hasMoved: () => false }

const message = (text: string) => Buffer.from(text)

t.test('a poll gets what was sent since the last one', async (t) => {
  const { session } = setUp()
  session.send('a')
  session.send('b')
  t.same(await session.poll(received), ['a', 'b'])
})

t.test('a poll waits for messages, and takes all of one turn', async (t) => {
  const { session } = setUp()
  const poll = session.poll(received)
  session.send('a')
  session.send('b')
  t.same(await poll, ['a', 'b'])
})

t.test('a poll is answered with nothing at the end of the window, or when another one comes', async (t) => {
  const { session, clock } = setUp()
  const first = session.poll(received)
  const second = session.poll(received)
  t.same(await first, [])
  clock.advance(1000)
  t.same(await second, [])
})

t.test(
  'what was lost on its way to the client comes with the next poll, before what came later',
  async (t) => {
    const { session } = setUp()
    let isLost = true
    session.send('a')
    t.same(await session.poll({ ...received, isLost: () => isLost }), ['a'])
    session.send('b')
    t.same(await session.poll({ ...received, isLost: () => isLost }), ['a', 'b'])
    isLost = false
    session.send('c')
    t.same(await session.poll(received), ['c'])
  }
)

t.test('whether an answer was lost is only asked when the next poll comes', async (t) => {
  const { session } = setUp()
  session.send('a')
  let isAsked = false
  const isLost = () => {
    isAsked = true
    return false
  }
  await session.poll({ ...received, isLost })
  session.send('b')
  t.notOk(isAsked)
  t.same(await session.poll(received), ['b'])
  t.ok(isAsked)
})

t.test('a client that goes before its poll is answered loses nothing', async (t) => {
  const { session } = setUp()
  void session.poll(received)
  session.send('a')
  session.abandonPoll()
  t.same(await session.poll(received), ['a'])
})

t.test('what comes while a poll is given up for another goes to the other', async (t) => {
  const { session } = setUp()
  const first = session.poll(received)
  session.send('a')
  const second = session.poll(received)
  t.same(await first, [])
  t.same(await second, ['a'])
})

t.test('a session that is not polled ends; one that waits does not', async (t) => {
  const { session, clock, told, sessions } = setUp()
  void session.poll(received)
  clock.advance(900)
  t.same(told, [])
  clock.advance(10_000)
  t.same(told, ['ended', 'transportClosed'])
  t.equal(sessions.size, 0)
  t.equal(clock.pending, 0)
})

const large = 'x'.repeat(100_000)

t.test('a client that does not poll is ended after a while', async (t) => {
  const { session, clock, told, sessions, stats, memory } = setUp({}, { queueStallMs: 500 })
  session.send(large)
  session.send(large)
  clock.advance(400)
  t.same(told, [])
  // One answer, then nothing more.
  t.equal((await session.poll(received)).length, 1)
  clock.advance(400)
  t.same(told, [])
  clock.advance(300)
  t.same(told, [1008, 'ended'])
  t.equal(sessions.get(session.token), undefined)
  t.equal(stats.slowClosed, 1)
  t.equal(memory.bytes, 0)
  t.equal(clock.pending, 0)
})

t.test('what is sent in one turn waits however much it is, and more of later turns does not', async (t) => {
  const { session, told } = setUp({}, { queuedBytesMax: 150_000 })
  for (let i = 0; i < 5; i++) session.send(large)
  t.same(told, [])
  for (let i = 0; i < 2; i++) {
    await nextTurn()
    session.send(large)
  }
  t.same(told, [])
  await nextTurn()
  session.send('x')
  t.same(told, [1008, 'ended'])
})

t.test('an answer carries a part of what waits, and the last one all of it', async (t) => {
  const { session } = setUp()
  for (let i = 0; i < 4; i++) session.send('x'.repeat(40))
  t.equal((await session.poll(received)).length, 2)
  t.equal((await session.poll(lost)).length, 2)
  const again = session.poll(received)
  session.send('y'.repeat(40))
  session.close()
  t.equal((await again).length, 3)
})

t.test('as long as an answer is on its way the session lives, and its client is not slow', async (t) => {
  const { session, clock, told } = setUp({}, { queueStallMs: 500 })
  session.send(large)
  session.send(large)
  let isMoving = true
  await session.poll({ isLost: () => false, hasMoved: () => isMoving })
  clock.advance(10_000)
  t.same(told, [])
  isMoving = false
  clock.advance(600)
  t.same(told, [1008, 'ended'])
})

t.test('a session whose POSTs wait for the server does not end for want of a poll', async (t) => {
  const { session, clock, told } = setUp()
  session.pause()
  for (let i = 0; i < 5; i++) {
    const waiting = session.receive(message('a'), false)
    clock.advance(1000)
    t.notOk(await waiting)
  }
  t.same(told, [])
  clock.advance(5000)
  t.same(told, ['ended', 'transportClosed'])
})

t.test('frames of bytes pass a session by', async (t) => {
  const { session } = setUp()
  session.send(Buffer.from([1, 2]))
  session.send('a')
  t.same(await session.poll(received), ['a'])
})

t.test('a message over the limit ends the session', async (t) => {
  const { session, told } = setUp()
  t.notOk(await session.receive(Buffer.alloc(101), false))
  t.same(told, [1009, 'ended'])
})

t.test('a message is taken at once, or when the join before it is done, within the window', async (t) => {
  const { promise, resolve } = deferred()
  const quick = setUp()
  t.ok(await quick.session.receive(message('x'), false))
  const held = setUp({ taken: () => promise })
  const late = held.session.receive(message('x'), false)
  held.clock.advance(1000)
  t.notOk(await late)
  const soon = held.session.receive(message('y'), false)
  resolve()
  t.ok(await soon)
  t.equal(held.told.length, 2)
})

t.test('while the socket is paused a message waits, one POST at a time, within the window', async (t) => {
  const { session, clock, told } = setUp()
  session.pause()
  const waiting = session.receive(message('a'), false)
  t.notOk(await session.receive(message('b'), false), 'a second POST is not kept')
  t.same(told, [])
  session.resume()
  t.ok(await waiting)
  t.same(told, ['a'])
  session.pause()
  const late = session.receive(message('c'), false)
  clock.advance(1000)
  t.notOk(await late)
  t.same(told, ['a'])
  session.resume()
  t.ok(await session.receive(message('d'), false))
})

t.test('a socket that is paused twice takes what waited since the first time', async (t) => {
  const { session, told } = setUp()
  session.pause()
  const waiting = session.receive(message('a'), false)
  session.pause()
  session.resume()
  t.ok(await waiting)
  t.same(told, ['a'])
})

t.test('a great many small messages that were lost come again', async (t) => {
  const { session } = setUp({}, { queuedBytes: 0 })
  const many = Array.from({ length: 300_000 }, (_, i) => String(i))
  for (const text of many) session.send(text)
  t.equal((await session.poll(lost)).length, many.length)
  session.send('last')
  const again = await session.poll(received)
  t.equal(again.length, many.length + 1)
  t.same([again[0], again.at(-2), again.at(-1)], ['0', many.at(-1), 'last'])
})

t.test('a POST that waits is told when the session ends', async (t) => {
  const { session, clock } = setUp()
  session.pause()
  const waiting = session.receive(message('a'), false)
  session.close()
  t.notOk(await waiting)
  await settled()
  t.equal(clock.pending, 0)
})

t.test('tokens cannot be guessed, and what is none finds nothing', async (t) => {
  const { sessions, session } = setUp()
  t.equal(sessions.get(session.token), session)
  t.ok(session.token.length >= 43)
  for (const token of [undefined, null, '', 'x', ['x'], { x: 1 }, '__proto__']) {
    t.equal(sessions.get(token), undefined)
  }
})

t.test('state waits for the next poll, of each kind the newest alone', async (t) => {
  const { stats, session } = setUp()
  session.send('state 1', 'a')
  session.send('message')
  session.send('state 2', 'a')
  t.same(await session.poll(received), ['message', 'state 2'])
  t.equal(stats.staleDropped, 1)
})

t.test('state that waits counts among what waits for all clients', async (t) => {
  const { memory, session } = setUp()
  session.send('state 1', 'a')
  session.send('state 22', 'a')
  session.send('state 3', 'b')
  t.equal(memory.bytes, 15)
  await session.poll(received)
  session.send('state 4', 'c')
  t.equal(memory.bytes, 22, 'an answer counts until the next poll')
  session.close()
  t.equal(memory.bytes, 0)
})

t.test(
  'a client that takes an answer in gives a sign of life, and one that takes nothing does not',
  async (t) => {
    const { session, clock } = setUp()
    let moves = false
    const first = session.poll({ isLost: () => false, hasMoved: () => moves })
    session.send('a')
    t.same(await first, ['a'])
    session.probe()
    clock.advance(500)
    t.notOk(session.isAlive)
    moves = true
    t.ok(session.isAlive)

    const waiting = session.poll({ isLost: () => false, hasMoved: () => true })
    session.send('b')
    session.probe()
    clock.advance(500)
    t.same(await waiting, ['b'], 'a poll that waits is answered')
    t.notOk(session.isAlive, 'its own answer is no sign of the client')
  }
)
