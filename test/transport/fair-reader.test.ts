import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { Turns } from '../../lib/limits/turns.js'
import { FairReader } from '../../lib/transport/fair-reader.js'

function setUp() {
  const source = {
    paused: false,
    pause() {
      this.paused = true
    },
    resume() {
      this.paused = false
    }
  }
  const handled: number[] = []
  const reader = new FairReader(new Turns(), source, (data) => handled.push(data.readUInt16BE()))
  /** Numbered messages, `bytes` long. */
  const send = (first: number, count: number, bytes = 2): void => {
    for (let i = 0; i < count; i++) {
      const data = Buffer.alloc(bytes)
      data.writeUInt16BE(first + i)
      reader.message(data, false)
    }
  }
  /** Lets turns pass until this is so. */
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await turn()
  }
  return { source, handled, reader, send, until }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

t.test('a few messages are handled at once, turn by turn', async (t) => {
  const { source, handled, send } = setUp()
  for (let i = 0; i < 10; i++) {
    send(i * 20, 20)
    t.equal(handled.length, (i + 1) * 20)
    t.notOk(source.paused)
    await turn()
  }
})

t.test('a flood is handled in its order, a share in each turn, and the source waits meanwhile', async (t) => {
  const { source, handled, send, until } = setUp()
  send(0, 1000)
  t.ok(source.paused)
  let last = 0
  while (handled.length < 1000) {
    t.ok(handled.length - last <= 40, 'no more than a share and a little')
    last = handled.length
    // What was read before the pause queues up behind the rest.
    if (last < 900) t.ok(source.paused)
    await turn()
  }
  await until(() => !source.paused)
  t.same(handled, numbers(1000))
})

t.test('large messages make a larger part of the share', async (t) => {
  const { handled, send } = setUp()
  send(0, 10, 256 * 1024)
  t.equal(handled.length, 1)
  const other = setUp()
  other.send(0, 8, 16 * 1024)
  t.equal(other.handled.length, 8, 'a few that come together are handled together')
})

t.test('a reader that is paused hands on nothing, and goes on in order', async (t) => {
  const { source, handled, reader, send, until } = setUp()
  send(0, 100)
  reader.pause()
  const before = handled.length
  for (let i = 0; i < 5; i++) await turn()
  t.equal(handled.length, before)
  t.ok(source.paused)
  reader.resume()
  t.ok(source.paused, 'the rest comes first')
  send(100, 10)
  await until(() => !source.paused)
  t.same(handled, numbers(110))
  reader.pause()
  t.ok(source.paused)
  reader.resume()
  t.notOk(source.paused)
})

t.test(
  'a reader that is paused keeps what had been read by then, also with most of its share left',
  async (t) => {
    const { source, handled, reader, send, until } = setUp()
    send(0, 1)
    reader.pause()
    send(1, 20)
    for (let i = 0; i < 5; i++) await turn()
    t.same(handled, [0])
    t.ok(source.paused)
    reader.resume()
    await until(() => !source.paused)
    t.same(handled, numbers(21))
  }
)

t.test('the end waits for what has come before it, paused or not', async (t) => {
  const { handled, reader, send, until } = setUp()
  let ends = 0
  send(0, 100)
  reader.end(() => ends++)
  t.equal(ends, 0)
  await until(() => ends === 1)
  t.same(handled, numbers(100))

  reader.end(() => ends++)
  t.equal(ends, 2)

  send(100, 100)
  reader.pause()
  reader.end(() => ends++)
  t.equal(ends, 2)
  await until(() => ends === 3)
  t.same(handled, numbers(200))
})

t.test('a pause that comes while the rest is handed on does not hold it up', async (t) => {
  let handled = 0
  const reader = new FairReader(new Turns(), { pause() {}, resume() {} }, () => {
    if (++handled === 50) reader.pause()
  })
  for (let i = 0; i < 100; i++) reader.message(Buffer.alloc(2), false)
  let ends = 0
  await new Promise<void>((resolve) => {
    reader.end(() => {
      ends++
      resolve()
    })
  })
  t.equal(handled, 100)
  reader.resume()
  for (let i = 0; i < 10; i++) await turn()
  t.equal(ends, 1)
})

t.test('what is held can be taken at once, in its order', async (t) => {
  const { handled, reader, send, until } = setUp()
  send(0, 100)
  reader.pause()
  reader.handOver()
  t.same(handled, numbers(100))
  reader.resume()
  send(100, 1)
  await until(() => handled.length === 101)
})

t.test('it knows how many bytes it holds, and may forget them', async (t) => {
  const { handled, reader, send, until } = setUp()
  send(0, 100, 1000)
  t.ok(reader.heldBytes > 0)
  t.equal(reader.heldBytes, (100 - handled.length) * 1000)
  reader.drop()
  t.equal(reader.heldBytes, 0)
  const before = handled.length
  send(100, 1)
  await until(() => handled.length > before)
  t.equal(handled.at(-1), 100)
  t.equal(reader.heldBytes, 0)
})

t.test('pings count, and pause the source', async (t) => {
  const { source, reader, until } = setUp()
  for (let i = 0; i < 1000; i++) reader.control()
  t.ok(source.paused)
  await until(() => !source.paused)
})

t.test('what is the last comes when it is its turn, and its source is not held up any more', async (t) => {
  const { source, handled, reader, send, until } = setUp()
  const last = (): void => void handled.push(-1)
  send(0, 3)
  reader.pause()
  send(3, 1)
  source.paused = false
  reader.last(last)
  for (let i = 0; i < 3; i++) await turn()
  t.same(handled, numbers(3), 'it waits as long as the reader is paused')
  reader.resume()
  await until(() => handled.length === 5)
  t.same(handled, [...numbers(4), -1])
  reader.pause()
  t.notOk(source.paused)

  const ended = setUp()
  ended.reader.pause()
  ended.reader.last(() => ended.handled.push(-1))
  ended.reader.end(() => ended.handled.push(-2))
  await ended.until(() => ended.handled.length === 2)
  t.same(ended.handled, [-1, -2], 'ahead of the end')
})
