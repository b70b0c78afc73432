import t from 'tap'
import { Tally } from '../../lib/load/measure/tally.js'
import { NumberedRoom } from '../../lib/load/scenarios/numbered-room.js'
import { FakeClock } from '../fixtures/fake-clock.js'

function setUp() {
  const clock = new FakeClock()
  const tally = new Tally(clock, 1000)
  const room = new NumberedRoom(tally)
  const ears = room.listen(7)
  /** Sends so many more messages. */
  const send = (count: number) => {
    for (let n = 0; n < count; n++) {
      tally.sent++
      room.send(clock.now())
    }
  }
  return { clock, tally, room, ears, send }
}

t.test('each message is heard once and in order', async (t) => {
  const { tally, ears, send } = setUp()
  send(3)
  for (const id of [1, 2, 3]) ears.hear(id)
  t.match(tally, { expected: 3, delivered: 3, doubled: 0, done: 3, open: 0 })
  t.same(ears.loss(), { client: 7, missing: 0, doubled: 0, disordered: 0, forgone: 0 })
})

t.test(
  'what is passed over is missing, what comes behind newer ones is out of order, and the rest doubled',
  async (t) => {
    const { tally, ears, send } = setUp()
    send(6)
    for (const id of [1, 4, 3, 3, 1, 5]) ears.hear(id)
    t.same(
      ears.loss(),
      { client: 7, missing: 2, doubled: 2, disordered: 1, forgone: 0 },
      '2 and 6 are missing'
    )
    t.match(tally, { expected: 6, delivered: 4, doubled: 2, recoveries: { disordered: 1 } })
  }
)

t.test('who is told that something is gone forgoes all until the next message', async (t) => {
  const { tally, ears, send } = setUp()
  send(10)
  ears.hear(1)
  ears.forgo()
  ears.hear(9)
  t.same(ears.loss(), { client: 7, missing: 1, doubled: 0, disordered: 0, forgone: 7 }, '10 was not told of')
  ears.hear(10)
  t.match(tally, { expected: 3, delivered: 3, done: 10, open: 0, recoveries: { forgone: 7 } })
})

t.test('but for what is passed over after it was told, which is missing', async (t) => {
  const { ears, send } = setUp()
  send(10)
  ears.passOver(4)
  ears.forgo()
  ears.passOver(1)
  ears.passOver(1)
  ears.hear(10)
  t.match(ears.loss(), { missing: 2, forgone: 7 })
  send(2)
  ears.hear(12)
  t.match(ears.loss(), { missing: 3, forgone: 7 }, 'and it is told once')
})

t.test('what the server does not take is missing nowhere, unless somebody has heard it', async (t) => {
  const { tally, room, ears, send } = setUp()
  const others = room.listen(8)
  send(3)
  others.hear(1)
  room.withdraw(1, 'connection_lost')
  room.withdraw(2, 'forbidden')
  ears.hear(2)
  ears.hear(3)
  t.match(ears.loss(), { missing: 1 })
  t.same(tally.errors.toObject(), { forbidden: 1 })
  t.match(tally, { expected: 4, delivered: 2 })
})

t.test('what comes late to who was away counts, and has no latency', async (t) => {
  const { clock, tally, ears, send } = setUp()
  send(1)
  clock.advance(500)
  ears.liveSince = clock.now()
  ears.hear(1)
  t.equal(tally.delivered, 1)
  t.equal(tally.latency, null)
  send(1)
  ears.hear(2)
  t.not(tally.latency, null)
  t.match(tally.timeline.end(), [{ count: 2 }])
})

t.test(
  'what was not taken in time, and comes behind newer ones, is no fault of the server, but for a second time',
  async (t) => {
    const { tally, room, ears, send } = setUp()
    send(3)
    room.withdraw(1, 'timeout')
    ears.hear(2)
    ears.hear(1)
    t.match(ears.loss(), { missing: 1, doubled: 0, disordered: 0 })
    ears.hear(1)
    t.match(ears.loss(), { doubled: 1, disordered: 0 })
    ears.hear(3)
    t.match(ears.loss(), { missing: 0 })
    t.match(tally, { expected: 2, delivered: 2, open: 0 })
  }
)
