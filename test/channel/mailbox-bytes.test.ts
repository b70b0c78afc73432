import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { JoinResult } from '../../lib/channel/channel.js'
import { type Limits, mergeLimits } from '../../lib/limits/limits.js'
import { UserBudget } from '../../lib/limits/user-budgets.js'
import { crashed, deferred, ok, settled, TestSocket } from '../fixtures/test-socket.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** JSON that takes twenty times the room when it is parsed. */
const dense = `{"a":[${'{},'.repeat(43_000)}{}]}`

const heap = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

const unlimited: Partial<Limits> = {
  events: { count: 0, windowMs: 1 },
  eventBytes: { count: 0, windowMs: 1 },
  mailboxBytes: 0,
  userMailboxBytes: 0
}

const frame = (ref: number): Buffer => Buffer.from(`["1","${ref}","a","work",${dense}]`)

t.test('what waits takes no more room than the frames it came in, also with all limits off', async (t) => {
  for (const isJoinSlow of [true, false]) {
    const join = deferred<JoinResult>()
    const gate = deferred()
    const sizes: number[] = []
    const client = new TestSocket({
      limits: unlimited,
      channels: {
        '*': {
          join: () => (isJoinSlow ? join.promise : ok),
          async handleIn(_event, payload) {
            sizes.push((payload as { a: unknown[] }).a.length)
            await gate.promise
            return ok
          }
        }
      }
    })
    client.join('a')
    const before = heap()
    for (let i = 0; i < 100; i++) client.socket.receive(frame(i), false)
    t.ok(heap() - before < 20e6, `${Math.round((heap() - before) / 1e6)} MB`)
    join.resolve(ok)
    gate.resolve()
    while (sizes.length < 100) await settled()
    t.same(new Set(sizes), new Set([43_001]), 'and each gets its payload')
  }
})

t.test('a client is not read while a quarter of the bytes waits, and then nothing is lost', async (t) => {
  const gate = deferred()
  const client = new TestSocket({
    limits: { mailboxBytes: 40_000 },
    channels: { '*': { join: () => ok, handleIn: { work: () => gate.promise.then(() => ok) } } }
  })
  client.join('a')
  const send = (): void => client.receive('1', '2', 'a', 'work', { x: 'x'.repeat(4000) })
  for (let i = 0; i < 3; i++) send()
  t.notOk(client.transport.paused)
  send()
  t.ok(client.transport.paused)
  gate.resolve()
  while (client.transport.frames.length < 5) await settled()
  t.notOk(client.transport.paused)
  t.equal(client.socket.budget.waitingBytes, 0)
})

t.test('what others send counts in bytes as well: the channel ends, and is counted', async (t) => {
  for (const payload of [{ x: 'x'.repeat(1000) }, new Uint8Array(1000)]) {
    const client = new TestSocket({
      limits: { mailboxBytes: 4000 },
      channels: {
        '*': {
          join: () => ok,
          handleIn: { wait: () => new Promise(() => {}) },
          handleOut: { news: () => {} }
        }
      }
    })
    client.join('a')
    client.receive('1', '2', 'a', 'wait', {})
    client.sent()
    for (let i = 0; i < 3; i++) client.endpoint.broadcast('a', 'news', payload)
    t.same(client.sent(), [])
    for (let i = 0; i < 2; i++) client.endpoint.broadcast('a', 'news', payload)
    t.same(client.sent(), [crashed('1', 'a')])
    t.equal(client.endpoint.stats.mailboxesFull, 1)
    t.equal(client.socket.budget.waitingBytes, 0)
  }
})

t.test('it counts over all sockets of a user, those that have closed included', async (t) => {
  const budget = new UserBudget(mergeLimits())
  const connect = () =>
    new TestSocket({
      budget,
      limits: { userMailboxBytes: 10_000 },
      channels: { '*': { join: () => ok, handleIn: { wait: () => new Promise(() => {}) } } }
    })
  const clients = [connect(), connect(), connect()]
  const fill = (client: TestSocket): void => {
    client.join('a')
    client.receive('1', '2', 'a', 'wait', {})
    client.sent()
    client.receive('1', '3', 'a', 'wait', { x: 'x'.repeat(4000) })
  }
  const [first, second, third] = clients as [TestSocket, TestSocket, TestSocket]
  fill(first)
  first.socket.transportClosed(false)
  fill(second)
  t.same(second.sent(), [])
  fill(third)
  t.same(third.sent(), [crashed('1', 'a')])
  t.notOk(budget.isIdle(0))
})

t.test('a socket that overflows as it takes what its transport kept is through at once', async (t) => {
  const budget = new UserBudget(mergeLimits())
  const client = new TestSocket({ budget, limits: { userMailboxBytes: 10_000 }, channels: {} })
  budget.waitingBytes = 10_000
  Object.assign(client.transport, {
    handOver: () => client.receive(null, '1', 'phoenix', 'heartbeat', {})
  })
  client.socket.disconnect()
  t.same(client.transport.closes, [1008])
  t.equal(client.lastWords.size, 0, 'no drain waits for it')
})

t.test('a socket for which too much waits behind a join is closed with 1008', async (t) => {
  const client = new TestSocket({
    limits: { mailboxBytes: 1000 },
    channels: { '*': { join: () => new Promise<JoinResult>(() => {}) } }
  })
  client.join('a')
  for (let i = 0; i < 3; i++) client.receive('1', '2', 'a', 'x', { x: 'x'.repeat(400) })
  t.same(client.transport.closes, [1008])
  t.equal(client.endpoint.stats.mailboxesFull, 1)
})

t.test('a topic, event, ref or join_ref that is too long is malformed', async (t) => {
  const long = 'é'.repeat(513)
  const fits = 'é'.repeat(512)
  for (const message of [
    [long, '1', 'a', 'phx_join', {}],
    ['1', long, 'a', 'phx_join', {}],
    ['1', '1', long, 'phx_join', {}],
    ['1', '1', 'a', long, {}],
    [null, long, 'phoenix', 'heartbeat', {}]
  ]) {
    const client = new TestSocket({ channels: { '*': { join: () => ok } } })
    client.receive(...message)
    t.same(client.transport.closes, [1011])
    t.same(client.sent(), [])
  }
  const client = new TestSocket({ channels: { '*': { join: () => ok } } })
  client.receive(fits, fits, fits, 'phx_join', {})
  t.same(client.transport.closes, [])
  t.equal(client.sent().length, 1)
})

t.test('a topic is cut short in the log, where the limit is off', async (t) => {
  const client = new TestSocket({
    limits: { headBytes: 0 },
    channels: {
      '*': {
        join: () => ok,
        handleIn() {
          throw new Error('x')
        }
      }
    }
  })
  const topic = 'x'.repeat(100_000)
  client.join(topic)
  client.receive('1', '2', topic, 'x', {})
  t.match(client.log.lines, [{ level: 'error', details: { topic: `${'x'.repeat(200)}...` } }])
})

t.test('a user may send so many bytes in a time, over all sockets, and is rate limited above', async (t) => {
  const limits: Partial<Limits> = { eventBytes: { count: 10_000, windowMs: 10_000 } }
  const budget = new UserBudget(mergeLimits(limits))
  const client = new TestSocket({ limits, budget, channels: { '*': { join: () => ok, handleIn: () => ok } } })
  client.join('a')
  const send = (topic: string): void => client.receive('1', '2', topic, 'x', { x: 'x'.repeat(4000) })
  send('a')
  send('a')
  client.sent()
  send('a')
  t.match(client.sent(), [
    ['1', '2', 'a', 'phx_reply', { status: 'error', response: { error: 'rate_limited' } }],
    ['1', '1', 'a', 'phx_close', {}]
  ])
  send('nobody')
  t.match(client.sent(), [[null, '2', 'nobody', 'phx_reply', { response: { error: 'rate_limited' } }]])
  client.join('b', '3', { x: 'x'.repeat(4000) })
  t.match(client.sent(), [['3', '3', 'b', 'phx_reply', { response: { reason: 'rate_limited' } }]])
  t.notOk(budget.isIdle(client.clock.now()))
  client.clock.advance(10_700)
  t.ok(budget.isIdle(client.clock.now()))
  client.join('b', '4', { x: 'x'.repeat(4000) })
  t.match(client.sent(), [['4', '4', 'b', 'phx_reply', { status: 'ok' }]])
})
