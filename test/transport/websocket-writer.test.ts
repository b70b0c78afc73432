import { EventEmitter } from 'node:events'
import t from 'tap'
import { EndpointCounters } from '../../lib/endpoint/stats.js'
import { defaultLimits } from '../../lib/limits/limits.js'
import { QueuedMemory } from '../../lib/limits/queued-memory.js'
import { Turns } from '../../lib/limits/turns.js'
import { SharedText } from '../../lib/protocol/frame.js'
import { textFrame } from '../../lib/protocol/websocket-frame.js'
import { BacklogWatch } from '../../lib/transport/backlog-watch.js'
import type { Connection } from '../../lib/transport/websocket-connection.js'
import { WebSocketWriter } from '../../lib/transport/websocket-writer.js'
import { FakeClock } from '../fixtures/fake-clock.js'

const mostTogether = 16 * 1024

/** A connection as `node:net` has it: what is corked waits, and so does everything while its client does not read. */
class FakeConnection extends EventEmitter implements Connection {
  bytesWritten = 0
  writableLength = 0
  writableNeedDrain = false
  reads = true
  highWaterMark = mostTogether
  readonly writes: Buffer[][] = []
  #corked = 0
  #waiting: Buffer[] = []

  write(bytes: Buffer): boolean {
    this.#waiting.push(bytes)
    this.writableLength += bytes.length
    this.bytesWritten += bytes.length
    const isPast = this.writableLength < this.highWaterMark
    if (!isPast) this.writableNeedDrain = true
    if (this.#corked === 0) this.#flush()
    return isPast
  }

  cork(): void {
    this.#corked++
  }

  uncork(): void {
    if (--this.#corked === 0) this.#flush()
  }

  drain(): void {
    this.reads = true
    this.#flush()
    this.writableNeedDrain = false
    this.emit('drain')
  }

  #flush(): void {
    if (this.#waiting.length === 0 || !this.reads) return
    this.writes.push(this.#waiting)
    this.#waiting = []
    this.writableLength = 0
  }

  /** What was written, write by write. */
  get texts(): string[][] {
    return this.writes.map((frames) =>
      frames.map((frame) => frame.subarray(frame.length > 127 ? 4 : 2).toString())
    )
  }
}

function setUp() {
  const connection = new FakeConnection()
  const stats = new EndpointCounters()
  const memory = new QueuedMemory()
  const ws = {
    get bufferedAmount() {
      return connection.writableLength
    },
    readyState: 1,
    extensions: '',
    send: (data: string | Buffer) => void connection.write(textFrame(String(data))),
    terminate() {}
  }
  const options = {
    stats,
    turns: new Turns(),
    backlogs: new BacklogWatch(new FakeClock(), memory),
    limits: defaultLimits
  }
  const writer = new WebSocketWriter(ws, options, { tooSlow() {} }, connection)
  return { connection, memory, writer, ws, backlogs: options.backlogs }
}

/** Until the code that runs now is through, promises included. */
const goIsOver = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test('the first frame goes out at once, and what follows it in one write', async (t) => {
  const { connection, writer } = setUp()
  writer.send('1')
  t.same(connection.texts, [['1']])
  writer.send('2')
  writer.send(new SharedText('3'))
  await null
  writer.send('4')
  t.same(connection.texts, [['1']], 'promises belong to it')
  await goIsOver()
  t.same(connection.texts, [['1'], ['2', '3', '4']])
  writer.send('5')
  t.same(connection.texts.at(-1), ['2', '3', '4'], 'where many came last, the first waits for others as well')
  await goIsOver()
  t.same(connection.texts.at(-1), ['5'])
  writer.send('6')
  t.same(connection.texts.at(-1), ['6'], 'but not where it was alone')
})

t.test('frames to different clients do not wait for each other', async (t) => {
  const clients = [setUp(), setUp(), setUp()]
  for (const { writer } of clients) writer.send('x')
  t.same(
    clients.map(({ connection }) => connection.texts),
    [[['x']], [['x']], [['x']]]
  )
})

t.test('what is much goes out before the go is over', async (t) => {
  const { connection, writer, backlogs } = setUp()
  const text = 'x'.repeat(1000)
  for (let i = 0; i < 40; i++) writer.send(text)
  t.equal(connection.writes.length, 3)
  t.ok(connection.writableLength < mostTogether)
  t.equal(backlogs.size, 0, 'a client that reads is not behind')
  await goIsOver()
  t.equal(connection.writes.flat().length, 40)
})

t.test('a connection that would take much more holds no more together', async (t) => {
  const { connection, writer, backlogs } = setUp()
  connection.highWaterMark = 1024 * 1024
  for (let i = 0; i < 8; i++) writer.send(new SharedText('x'.repeat(30_000)), `state${i}`)
  t.equal(connection.writes.flat().length, 8, 'a client that reads is not slow')
  t.equal(backlogs.size, 0)
  await goIsOver()
})

t.test('what was held together and does not go out counts as what waits', async (t) => {
  const { connection, memory, writer, backlogs } = setUp()
  connection.reads = false
  const shared = new SharedText('x'.repeat(1000))
  for (let i = 0; i < 20; i++) writer.send(shared)
  t.equal(backlogs.size, 1)
  t.equal(memory.bytes, 1000, 'a frame is kept once')
  t.ok(writer.waiting >= 20_000)
  connection.drain()
  t.equal(connection.writes.flat().length, 20)
  t.equal(backlogs.size, 0)
  t.equal(memory.bytes, 0)
  await goIsOver()
  writer.send('after')
  await goIsOver()
  t.same(connection.texts.at(-1), ['after'])
})

t.test('a close frame comes behind what was held together', async (t) => {
  const { connection, writer, ws } = setUp()
  for (const text of ['1', '2', '3']) writer.send(text)
  writer.flush()
  connection.write(textFrame('close'))
  ws.readyState = 2
  writer.send('4')
  await goIsOver()
  t.same(connection.texts.flat(), ['1', '2', '3', 'close'])
})

t.test('nothing of a connection that has gone is held', async (t) => {
  const { connection, writer, backlogs } = setUp()
  connection.reads = false
  for (let i = 0; i < 5; i++) writer.send('x')
  writer.end()
  await goIsOver()
  writer.send('y')
  t.equal(backlogs.size, 0)
})

t.test('state that waits counts until the connection has taken it', async (t) => {
  const { connection, memory, writer, backlogs } = setUp()
  connection.reads = false
  writer.send('x'.repeat(100_000))
  const state = new SharedText('s'.repeat(1000))
  writer.send(state, 'a')
  writer.send(state, 'b')
  t.equal(memory.bytes, 101_000, 'a frame is kept once')
  connection.drain()
  t.equal(memory.bytes, 0)
  t.equal(backlogs.size, 0)
  t.equal(connection.writes.flat().length, 3)
  await goIsOver()

  connection.reads = false
  writer.send('x'.repeat(100_000))
  writer.send('s'.repeat(90_000), 'a')
  // It takes what was written, and nothing of what is written then.
  connection.prependOnceListener('drain', () => {
    connection.reads = false
  })
  connection.drain()
  t.equal(connection.writableLength > 90_000, true)
  t.equal(memory.bytes, 90_000, 'as long as it waits there')
  writer.end()
  t.equal(memory.bytes, 0)
})
