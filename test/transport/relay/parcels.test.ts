import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { PieceMessage } from '../../../lib/transport/relay/message.js'
import { Parcels, pieceBytes } from '../../../lib/transport/relay/parcels.js'
import { FakeClock } from '../../fixtures/fake-clock.js'
import { settled } from '../../fixtures/test-socket.js'

/** Two nodes; `passes` decides what gets through. */
function setUp(passes: (message: PieceMessage) => boolean = () => true) {
  const clock = new FakeClock()
  const ends: Record<string, Parcels> = {}
  let underWay = 0
  let most = 0
  const make = (name: string): Parcels =>
    new Parcels('answer', clock, (to, message, bytes) => {
      if (!passes(message)) return
      underWay += bytes?.length ?? 0
      most = Math.max(most, underWay)
      setImmediate(() => {
        underWay -= bytes?.length ?? 0
        ends[to]?.take(name, message, Buffer.from(bytes ?? []))
      })
    })
  ends.a = make('a')
  ends.b = make('b')
  return { clock, a: ends.a, b: ends.b, most: () => most }
}

for (const size of [1, pieceBytes - 1, pieceBytes, pieceBytes + 1, pieceBytes * 20 + 7]) {
  t.test(`${size} bytes arrive as they were, a few pieces at once`, async (t) => {
    const { clock, a, b, most } = setUp()
    const bytes = randomBytes(size)
    a.offer('b', 1, bytes)
    t.ok((await b.fetch('a', 1, size))?.equals(bytes))
    t.ok(most() <= pieceBytes * 4)
    a.drop('b', 1)
    t.same([a.size, b.size, clock.pending], [0, 0, 0])
  })
}

t.test('what is lost on the way is asked for again', async (t) => {
  let count = 0
  const { clock, a, b } = setUp(() => ++count % 3 !== 0)
  const bytes = randomBytes(pieceBytes * 9)
  a.offer('b', 1, bytes)
  let arrived: Buffer | undefined
  void b.fetch('a', 1, bytes.length).then((fetched) => {
    arrived = fetched
  })
  for (let i = 0; arrived === undefined && i < 50; i++) {
    await settled()
    clock.advance(100)
  }
  t.ok(arrived?.equals(bytes))
})

t.test('what does not come is given up, at once where the node has gone', async (t) => {
  const { clock, b } = setUp(() => false)
  const silent = b.fetch('a', 1, 10)
  clock.advance(400 * 5)
  t.equal(await silent, undefined)
  const gone = b.fetch('a', 2, 10)
  b.lost('c')
  b.lost('a')
  t.equal(await gone, undefined)
  const closing = b.fetch('a', 3, 10)
  b.close()
  t.equal(await closing, undefined)
  t.same([b.size, clock.pending], [0, 0])
})

t.test('what nobody fetches is not kept', async (t) => {
  const { clock, a } = setUp()
  a.offer('b', 1, Buffer.alloc(10))
  a.offer('b', 1, Buffer.alloc(20))
  t.equal(a.size, 1)
  clock.advance(5000)
  t.equal(a.size, 0)
})

t.test('pieces that were not asked for, or are no whole ones, are passed over', async (t) => {
  const { a, b } = setUp()
  const bytes = randomBytes(100)
  const fetching = b.fetch('a', 1, 100)
  const piece = { is: 'piece', id: 1, of: 'answer', at: 0 } as const
  b.take('c', piece, Buffer.alloc(100))
  b.take('a', { ...piece, id: 2 }, Buffer.alloc(100))
  b.take('a', { ...piece, at: 50 }, Buffer.alloc(50))
  b.take('a', piece, Buffer.alloc(99))
  b.take('a', piece, bytes)
  t.ok((await fetching)?.equals(bytes))
  a.take('b', { is: 'pull', id: 9, of: 'answer', at: 0 }, Buffer.alloc(0))
  t.equal(a.size, 0)
})
