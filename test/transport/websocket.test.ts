import { EventEmitter } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { EndpointCounters } from '../../lib/endpoint/stats.js'
import { defaultLimits, type Limits } from '../../lib/limits/limits.js'
import { QueuedMemory } from '../../lib/limits/queued-memory.js'
import { Turns } from '../../lib/limits/turns.js'
import type { Socket } from '../../lib/socket/socket.js'
import { BacklogWatch } from '../../lib/transport/backlog-watch.js'
import { IdleWatch } from '../../lib/transport/idle-watch.js'
import { type WebSocketLike, WebSocketTransport } from '../../lib/transport/websocket.js'
import { silentLogger } from '../../lib/util/logger.js'
import { FakeClock } from '../fixtures/fake-clock.js'

class FakeWebSocket extends EventEmitter implements WebSocketLike {
  bufferedAmount = 0
  readyState = 1
  extensions = ''
  paused = false
  readonly calls: unknown[][] = []

  get sent(): unknown[] {
    return this.calls.filter(([name]) => name === 'send').map(([, data]) => data)
  }

  get terminated(): boolean {
    return this.calls.some(([name]) => name === 'terminate')
  }

  send(data: string | Buffer, { binary }: { binary: boolean }): void {
    this.calls.push(['send', data, binary])
  }

  close(code?: number): void {
    this.calls.push(['close', code])
  }

  ping(): void {
    this.calls.push(['ping'])
  }

  terminate(): void {
    this.calls.push(['terminate'])
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }
}

interface SetUp extends Partial<Limits> {
  timeoutMs?: number
}

function setUp({ timeoutMs = 60_000, ...limits }: SetUp = {}, watch?: BacklogWatch) {
  const ws = new FakeWebSocket()
  const clock = new FakeClock()
  const told: unknown[] = []
  const stats = new EndpointCounters()
  const memory = new QueuedMemory()
  const transport = new WebSocketTransport(ws, {
    clock,
    log: silentLogger,
    stats,
    idleWatch: new IdleWatch(clock, timeoutMs),
    turns: new Turns(),
    backlogs: watch ?? new BacklogWatch(clock, memory),
    limits: { ...defaultLimits, frameBytes: 1000, queuedBytes: 1000, ...limits }
  })
  // As much of a socket as a transport talks to.
  const socket = {
    receive: (data: Buffer, isBinary: boolean) => told.push(['receive', data.length, isBinary]),
    isTooMuch: () => false,
    reject: (code: number) => told.push(['reject', code]),
    close: (code: number, reason: string) => told.push(['close', code, reason]),
    transportClosed: (failed: boolean) => told.push(['transportClosed', failed])
  }
  transport.attach(socket as unknown as Socket)
  return { ws, clock, told, stats, memory, transport }
}

t.test('text is sent as a text frame, bytes as a binary one', async (t) => {
  const { ws, transport } = setUp()
  const bytes = Buffer.from([1])
  transport.send('text')
  transport.send(bytes)
  t.same(ws.calls, [
    ['send', 'text', false],
    ['send', bytes, true]
  ])
})

t.test('what arrives is handed to the socket, and the end is told', async (t) => {
  const { ws, told } = setUp()
  ws.emit('message', Buffer.from('x'), false)
  ws.emit('close')
  t.same(told, [
    ['receive', 1, false],
    ['transportClosed', false]
  ])
})

t.test('a connection that broke the protocol has failed', async (t) => {
  const { ws, told } = setUp()
  ws.emit('error', new RangeError('Max payload size exceeded'))
  ws.emit('close')
  t.same(told, [['transportClosed', true]])
})

t.test('a frame that ws refuses closes the socket; what else ws closes for is closed at once', async (t) => {
  const refusing = setUp()
  refusing.ws.close(1009)
  refusing.ws.emit('error', new RangeError('Max payload size exceeded'))
  await null
  t.same(refusing.told, [['reject', 1009]])
  t.same(refusing.ws.calls, [], 'the socket closes it')

  const answering = setUp()
  answering.ws.close()
  t.same(answering.ws.calls, [['close', undefined]])
  const other = setUp()
  other.ws.close(1001)
  await null
  t.same(other.ws.calls, [['close', 1001]], 'also where no error follows')
})

t.test('a frame over the limit, header included, closes the socket with 1009', async (t) => {
  const { ws, told } = setUp({ frameBytes: 1000 })
  ws.emit('message', Buffer.alloc(1000 - 8), false)
  ws.emit('message', Buffer.alloc(1000 - 7), false)
  t.same(told, [
    ['receive', 992, false],
    ['reject', 1009]
  ])
})

t.test('a client from which nothing comes is closed with 1002; a ping or pong is something', async (t) => {
  const { ws, clock, told } = setUp()
  for (const event of ['ping', 'pong', 'message']) {
    clock.advance(59_999)
    ws.emit(event, Buffer.from('x'), false)
  }
  clock.advance(59_999)
  t.same(told, [['receive', 1, false]])
  clock.advance(1)
  t.same(told.at(-1), ['close', 1002, 'closed'])
})

t.test('without a time-out, and after the end, no timer runs', async (t) => {
  t.equal(setUp({ timeoutMs: 0 }).clock.pending, 0)
  const { ws, clock } = setUp()
  ws.emit('close')
  t.equal(clock.pending, 0)
})

t.test('a client that takes nothing of what waits is cut off after a while, and counts once', async (t) => {
  const { ws, clock, stats, transport } = setUp({ queueStallMs: 10_000 })
  ws.bufferedAmount = 100_000
  transport.send('more')
  clock.advance(9_900)
  t.notOk(ws.terminated)
  ws.bufferedAmount -= 1
  clock.advance(9_900)
  t.notOk(ws.terminated, 'it has taken something')
  clock.advance(200)
  t.ok(ws.terminated)
  transport.send('and more')
  ws.emit('ping')
  ws.emit('close')
  t.same(ws.sent, ['more'])
  t.equal(stats.slowClosed, 1)
  t.equal(clock.pending, 0)
})

t.test('a client for which little waits may take its time', async (t) => {
  const { ws, clock, transport } = setUp({ queuedBytes: 100_000, timeoutMs: 0 })
  ws.bufferedAmount = 100_000
  transport.send('x')
  clock.advance(100_000)
  t.notOk(ws.terminated)
})

t.test('what was sent in one turn is never too much, and what is sent behind it is', async (t) => {
  const { ws, stats, transport } = setUp({ queuedBytesMax: 1_000_000 })
  const send = (bytes: number) => {
    ws.bufferedAmount += bytes
    transport.send('x'.repeat(bytes))
  }
  for (let i = 0; i < 50; i++) send(100_000)
  await nextTurn()
  for (let i = 0; i < 9; i++) send(100_000)
  await nextTurn()
  send(100_000)
  t.notOk(ws.terminated)
  await nextTurn()
  send(1)
  t.ok(ws.terminated)
  t.equal(stats.slowClosed, 1)
})

t.test(
  'of all clients those furthest behind make room: first who takes nothing, then who has most',
  async (t) => {
    const clock = new FakeClock()
    const backlogs = new BacklogWatch(clock, new QueuedMemory())
    const limits = { queuedBytesTotal: 1_000_000 }
    const [reads, stuck, more] = [1, 2, 3].map(() => setUp({ timeoutMs: 0, ...limits }, backlogs))
    const amounts = new Map([
      [reads, 600_000],
      [stuck, 200_000],
      [more, 300_000]
    ])
    for (const [client, bytes] of amounts) {
      if (client !== undefined) client.ws.bufferedAmount = bytes
      client?.transport.send('x')
    }
    const look = () => {
      if (reads !== undefined) reads.ws.bufferedAmount -= 1
      clock.advance(50)
    }
    for (let i = 0; i < 19; i++) look()
    t.same(
      [reads, stuck, more].map((client) => client?.ws.terminated),
      [false, false, false]
    )
    for (let i = 0; i < 3; i++) look()
    t.same(
      [reads, stuck, more].map((client) => client?.ws.terminated),
      [false, false, true]
    )
  }
)

t.test('a client that pings and does not read the pongs is cut off too', async (t) => {
  const { ws, clock } = setUp()
  ws.bufferedAmount = 100_000
  ws.emit('ping')
  clock.advance(10_100)
  t.same(ws.calls, [['terminate']])
  const other = setUp({ queuedBytesMax: 100_000 })
  other.ws.bufferedAmount = 100_001
  other.ws.emit('ping')
  t.same(other.ws.calls, [['terminate']])
})

t.test('a client that the server itself does not read is not silent', async (t) => {
  const { clock, told, transport } = setUp()
  transport.pause()
  clock.advance(200_000)
  transport.resume()
  clock.advance(59_000)
  t.same(told, [])
  clock.advance(10_000)
  t.same(told, [['close', 1002, 'closed']])
})

t.test('whoever floods with pings or pongs is not read for a while', async (t) => {
  for (const event of ['ping', 'pong']) {
    const { ws } = setUp()
    for (let i = 0; i < 1000; i++) ws.emit(event)
    t.ok(ws.paused, event)
  }
})

t.test('a limit of zero queues without end', async (t) => {
  const { ws, clock, transport } = setUp({ queuedBytes: 0, queuedBytesMax: 0, queuedBytesTotal: 0 })
  ws.bufferedAmount = 1e9
  transport.send('more')
  ws.emit('ping')
  clock.advance(50_000)
  t.same(ws.calls, [['send', 'more', false]])
})

t.test('closing reads on, because the close frame of a client that was paused must be seen', async (t) => {
  const { ws, transport } = setUp()
  transport.pause()
  t.ok(ws.paused)
  transport.close(1001)
  t.notOk(ws.paused)
  t.same(ws.calls, [['close', 1001]])
})

t.test('state waits for a slow client, of each kind the newest alone', async (t) => {
  const { ws, clock, stats, transport } = setUp({ queuedBytes: 1_000_000 })
  transport.send('state 1', 'a')
  t.same(ws.sent, ['state 1'], 'a quick client gets all of it')

  ws.bufferedAmount = 100_000
  transport.send('state 2', 'a')
  transport.send('other 1', 'b')
  transport.send('message')
  transport.send('state 3', 'a')
  t.same(ws.sent.slice(1), ['message'], 'what is no state does not wait')
  t.equal(stats.staleDropped, 1)
  clock.advance(200)
  t.same(ws.sent.slice(2), [], 'while it is slow')
  ws.bufferedAmount = 0
  transport.send('state 4', 'a')
  t.same(ws.sent.slice(2), [], 'behind what waits already')
  clock.advance(50)
  t.same(ws.sent.slice(2), ['other 1', 'state 4'])
  transport.send('state 5', 'a')
  t.same(ws.sent.slice(4), ['state 5'])
})

t.test('state that waits counts as what waits', async (t) => {
  const { ws, clock, stats, transport } = setUp({ queuedBytes: 100_000, timeoutMs: 0 })
  ws.bufferedAmount = 90_000
  // In bytes of UTF-8, not in characters.
  for (let i = 0; i < 3; i++) transport.send('€'.repeat(1250), `key ${i}`)
  clock.advance(11_000)
  t.ok(ws.terminated)
  t.equal(stats.slowClosed, 1)
})

t.test('state under many names is bounded as everything else that waits', async (t) => {
  const { ws, stats, memory, transport } = setUp({ queuedBytesMax: 1_000_000 })
  ws.bufferedAmount = 100_000
  for (let i = 0; i < 10; i++) {
    transport.send('x'.repeat(100_000), `key ${i}`)
    await nextTurn()
  }
  t.notOk(ws.terminated)
  t.equal(memory.bytes, 1_000_000, 'and counts among what waits for all clients')
  transport.send('x'.repeat(100_000), 'key 0')
  await nextTurn()
  t.equal(memory.bytes, 1_000_000, 'what is newer takes the place of what it replaces')
  transport.send('x'.repeat(100_000), 'key 10')
  await nextTurn()
  transport.send('x', 'key 11')
  t.ok(ws.terminated)
  t.equal(stats.slowClosed, 1)
  t.equal(memory.bytes, 0)
})

t.test('of all clients who have most state to read makes room', async (t) => {
  const clock = new FakeClock()
  const backlogs = new BacklogWatch(clock, new QueuedMemory())
  const clients = [200_000, 900_000].map((bytes) => {
    const client = setUp({ timeoutMs: 0, queuedBytesTotal: 1_000_000 }, backlogs)
    client.ws.bufferedAmount = 100_000
    for (let i = 0; i < bytes / 100_000; i++) client.transport.send('x'.repeat(100_000), `key ${i}`)
    return client
  })
  clock.advance(1200)
  t.same(
    clients.map(({ ws }) => ws.terminated),
    [false, true]
  )
})
