import t from 'tap'
import { mergeLimits } from '../../lib/limits/limits.js'
import { UserBudget } from '../../lib/limits/user-budgets.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { closed, ok, reply, TestSocket } from '../fixtures/test-socket.js'

const limits = mergeLimits({ events: { count: 3, windowMs: 10_000 } })
const channels = { '*': { join: () => ok, handleIn: { ping: () => ok } } }

function connect(clock: FakeClock, budget: UserBudget): TestSocket {
  const client = new TestSocket({ channels, clock, budget })
  client.join('a')
  client.sent()
  return client
}

function ping(client: TestSocket, times: number): unknown[] {
  for (let i = 0; i < times; i++) client.receive('1', `p${i}`, 'a', 'ping', {})
  return client.sent()
}

const limited = [reply('1', 'p0', 'a', { error: 'rate_limited' }, 'error'), closed('1', 'a')]

t.test('an event over the limit is answered rate_limited, and its channel stops', async (t) => {
  const client = connect(new FakeClock(), new UserBudget(limits))
  t.same(
    ping(client, 3),
    [0, 1, 2].map((n) => reply('1', `p${n}`, 'a'))
  )
  t.same(ping(client, 1), limited)
  client.receive(null, 'h', 'phoenix', 'heartbeat', {})
  t.same(client.sent(), [reply(null, 'h', 'phoenix')], 'the socket lives on')
})

t.test('the count is that of the user, over all of their sockets', async (t) => {
  const clock = new FakeClock()
  const budget = new UserBudget(limits)
  const phone = connect(clock, budget)
  const tablet = connect(clock, budget)
  ping(phone, 3)
  t.same(ping(tablet, 1), limited)
})

t.test('a new socket resets nothing; time does', async (t) => {
  const clock = new FakeClock()
  const budget = new UserBudget(limits)
  const first = connect(clock, budget)
  ping(first, 3)
  first.socket.transportClosed(false)
  t.same(ping(connect(clock, budget), 1), limited)
  clock.advance(10_000)
  t.same(ping(connect(clock, budget), 1), [reply('1', 'p0', 'a')])
})

t.test('leaving, heartbeats and stale messages do not count', async (t) => {
  const client = connect(new FakeClock(), new UserBudget(limits))
  for (let i = 0; i < 10; i++) {
    client.receive(null, 'h', 'phoenix', 'heartbeat', {})
    client.receive('stale', 's', 'a', 'ping', {})
    client.receive('1', 'l', 'a', 'phx_leave', {})
    client.join('a')
  }
  client.sent()
  t.same(ping(client, 1), [reply('1', 'p0', 'a')])
})

t.test('terminate is told that the channel ended normally', async (t) => {
  const reasons: string[] = []
  const client = new TestSocket({
    channels: { '*': { ...channels['*'], terminate: (reason) => void reasons.push(reason) } },
    budget: new UserBudget(limits)
  })
  client.join('a')
  ping(client, 4)
  t.same(reasons, ['normal'])
})

t.test('a user who joins too often is refused, and may join again when the window has passed', async (t) => {
  const client = new TestSocket({
    channels: { '*': { join: () => ({ status: 'ok' }) } },
    limits: { joins: { count: 2, windowMs: 1000 } }
  })
  for (const ref of ['1', '2', '3']) client.join(`room:${ref}`, ref)
  t.same(client.sent(), [
    ['1', '1', 'room:1', 'phx_reply', { status: 'ok', response: {} }],
    ['2', '2', 'room:2', 'phx_reply', { status: 'ok', response: {} }],
    ['3', '3', 'room:3', 'phx_reply', { status: 'error', response: { reason: 'rate_limited' } }]
  ])
  t.equal(client.endpoint.stats.joinsRateLimited, 1)
  client.clock.advance(1000)
  client.join('room:3', '4')
  t.same(client.sent(), [['4', '4', 'room:3', 'phx_reply', { status: 'ok', response: {} }]])
})

t.test('pushes to topics that are not joined count too', async (t) => {
  const client = new TestSocket({ channels: {}, limits: { events: { count: 1, windowMs: 1000 } } })
  client.receive(null, '1', 'nowhere', 'x', {})
  client.receive(null, '2', 'nowhere', 'x', {})
  t.same(client.sent(), [
    [null, '1', 'nowhere', 'phx_reply', { status: 'error', response: { reason: 'unmatched topic' } }],
    [null, '2', 'nowhere', 'phx_reply', { status: 'error', response: { error: 'rate_limited' } }]
  ])
})

t.test(
  'one topic may be joined so often by a user, over all of their sockets, and others still may',
  async (t) => {
    const limits = { topicJoins: { count: 2, windowMs: 1000 } }
    const budget = new UserBudget(mergeLimits(limits))
    const clock = new FakeClock()
    const [phone, tablet] = [0, 1].map(() => new TestSocket({ channels, clock, budget, limits })) as [
      TestSocket,
      TestSocket
    ]
    phone.join('a', '1')
    tablet.join('a', '2')
    phone.sent()
    phone.join('a', '3')
    t.same(phone.sent(), [reply('3', '3', 'a', { reason: 'rate_limited' }, 'error')])
    t.equal(phone.endpoint.stats.joinsRateLimited, 1)
    phone.receive('1', 'p', 'a', 'ping', {})
    t.same(phone.sent(), [reply('1', 'p', 'a')], 'the channel that was there lives on')
    phone.join('b', '4')
    t.same(phone.sent(), [reply('4', '4', 'b')])
    clock.advance(1000)
    phone.join('a', '5')
    t.same(phone.sent().at(0), reply('5', '5', 'a'))
  }
)
