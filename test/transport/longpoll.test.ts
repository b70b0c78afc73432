import t from 'tap'
import { silentLogger } from '../../lib/logger.js'
import type { Socket } from '../../lib/socket.js'
import { EndpointStats } from '../../lib/stats.js'
import { type LongPollSession, LongPollSessions } from '../../lib/transport/longpoll.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { deferred, settled } from '../fixtures/test-socket.js'

function setUp(socket: Partial<Socket> = {}, { queuedBytes = 100 } = {}) {
  const clock = new FakeClock()
  const told: unknown[] = []
  const stats = new EndpointStats()
  let session: LongPollSession
  const sessions = new LongPollSessions({
    clock,
    log: silentLogger,
    stats,
    windowMs: 1000,
    maxSessions: 0,
    frameBytes: 100,
    queuedBytes
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
  return { clock, told, stats, sessions, session }
}

/** The answer has reached the client. */
const received = () => false

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
    t.same(await session.poll(() => isLost), ['a'])
    session.send('b')
    t.same(await session.poll(() => isLost), ['a', 'b'])
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
  await session.poll(isLost)
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

t.test('a client that does not poll is ended when too much waits for it', async (t) => {
  const { session, told, sessions } = setUp()
  // Of 10 characters, and 12 bytes of UTF-8.
  for (let i = 0; i < 10; i++) session.send('01234567€9')
  t.same(told, [1008, 'ended'])
  t.equal(sessions.get(session.token), undefined)
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
  t.equal((await session.poll(() => true)).length, many.length)
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
