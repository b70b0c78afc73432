import { EventEmitter } from 'node:events'
import t from 'tap'
import { silentLogger } from '../../lib/logger.js'
import type { Socket } from '../../lib/socket.js'
import { EndpointStats } from '../../lib/stats.js'
import { IdleWatch } from '../../lib/transport/idle-watch.js'
import { type WebSocketLike, WebSocketTransport } from '../../lib/transport/websocket.js'
import { Turns } from '../../lib/turns.js'
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

  close(code: number): void {
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

interface SetUp {
  timeoutMs?: number
  frameBytes?: number
  queuedBytes?: number
}

function setUp({ timeoutMs = 60_000, ...options }: SetUp = {}) {
  const ws = new FakeWebSocket()
  const clock = new FakeClock()
  const told: unknown[] = []
  const stats = new EndpointStats()
  const transport = new WebSocketTransport(ws, {
    clock,
    log: silentLogger,
    stats,
    idleWatch: new IdleWatch(clock, timeoutMs),
    turns: new Turns(),
    frameBytes: 1000,
    queuedBytes: 1000,
    ...options
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
  return { ws, clock, told, stats, transport }
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

t.test('a client that does not read what it is sent is cut off, and nothing more is queued', async (t) => {
  const { ws, transport } = setUp()
  ws.bufferedAmount = 1001
  transport.send('more')
  t.same(ws.calls, [['terminate']])
})

t.test('a client that is cut off counts once, however much is sent to it until it is gone', async (t) => {
  const { ws, stats, transport } = setUp()
  ws.bufferedAmount = 1001
  transport.send('more')
  transport.send('and more')
  ws.emit('ping')
  t.same(ws.calls, [['terminate']])
  t.equal(stats.slowClosed, 1)
})

t.test('a client that pings and does not read the pongs is cut off too', async (t) => {
  const { ws } = setUp()
  ws.bufferedAmount = 1000
  ws.emit('ping')
  t.same(ws.calls, [])
  ws.bufferedAmount = 1001
  ws.emit('ping')
  t.same(ws.calls, [['terminate']])
})

t.test('whoever floods with pings or pongs is not read for a while', async (t) => {
  for (const event of ['ping', 'pong']) {
    const { ws } = setUp()
    for (let i = 0; i < 1000; i++) ws.emit(event)
    t.ok(ws.paused, event)
  }
})

t.test('a limit of zero queues without end', async (t) => {
  const { ws, transport } = setUp({ queuedBytes: 0 })
  ws.bufferedAmount = 1e9
  transport.send('more')
  ws.emit('ping')
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

t.test('state that waits counts against the queue of its client', async (t) => {
  const { ws, stats, transport } = setUp({ queuedBytes: 100_000 })
  ws.bufferedAmount = 90_000
  // In bytes of UTF-8, not in characters.
  for (let i = 0; i < 3; i++) transport.send('€'.repeat(1250), `key ${i}`)
  t.notOk(ws.terminated)
  transport.send('one more', 'key 3')
  t.ok(ws.terminated)
  t.equal(stats.slowClosed, 1)
})
