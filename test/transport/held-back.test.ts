import t from 'tap'
import { QueuedMemory } from '../../lib/limits/queued-memory.js'
import { BacklogWatch } from '../../lib/transport/backlog-watch.js'
import { HeldBack } from '../../lib/transport/held-back.js'
import { FakeClock } from '../fixtures/fake-clock.js'

function scene(queuedBytesTotal = 0) {
  const clock = new FakeClock()
  const memory = new QueuedMemory()
  const backlogs = new BacklogWatch(clock, memory)
  const limits = { queuedBytes: 1000, queueStallMs: 10_000, queuedBytesMax: 0, queuedBytesTotal }
  const client = () => {
    const sent = { bytesWritten: 500, writableLength: 500 }
    const cuts: string[] = []
    const owner = {
      waiting: 500,
      cutOff(why: string) {
        cuts.push(why)
        held.end()
      }
    }
    const held = new HeldBack(owner, { backlogs, limits }, sent)
    return { held, sent, owner, cuts }
  }
  return { clock, memory, backlogs, client }
}

t.test('who takes nothing while more is held back than may wait is cut off, and all is let go', async (t) => {
  const { clock, memory, backlogs, client } = scene()
  const { held, cuts } = client()
  held.add({}, 600)
  clock.advance(10_000)
  t.same(cuts, [])
  clock.advance(200)
  t.same(cuts, ['its client does not read'])
  t.equal(memory.bytes, 0)
  t.equal(backlogs.size, 0)
  held.add({}, 600)
  t.equal(memory.bytes, 0, 'nothing is held back for who has gone')
})

t.test('who takes something, however little, is not cut off', async (t) => {
  const { clock, client } = scene()
  const { held, sent, cuts } = client()
  held.add({}, 100_000)
  for (let i = 0; i < 20; i++) {
    clock.advance(9_900)
    sent.writableLength--
  }
  t.same(cuts, [])
})

t.test('nor is who waits for the server', async (t) => {
  const { clock, client } = scene()
  const { held, owner, cuts } = client()
  owner.waiting = 0
  held.add({}, 100_000)
  clock.advance(60_000)
  t.same(cuts, [])
})

t.test('what several clients wait for counts once, until the last of them has it', async (t) => {
  const { memory, backlogs, client } = scene()
  const [a, b] = [client().held, client().held]
  const shared = {}
  a.add(shared, 700)
  b.add(shared, 700)
  b.add(shared, 700)
  t.equal(memory.bytes, 700)
  a.delete(shared)
  a.delete(shared)
  t.equal(memory.bytes, 700)
  t.equal(backlogs.size, 1)
  b.end()
  t.equal(memory.bytes, 0)
  t.equal(backlogs.size, 0)
})

t.test(
  'where it is too much for all clients together, those go that take nothing, and no more of them',
  async (t) => {
    const { clock, client } = scene(3000)
    const [idle, reader, other] = [client(), client(), client()]
    idle.held.add({}, 1200)
    reader.held.add({}, 1400)
    other.held.add({}, 900)
    for (let i = 0; i < 40; i++) {
      clock.advance(50)
      reader.sent.writableLength--
      other.sent.writableLength--
    }
    t.same(idle.cuts, ['too much waits for all clients together'])
    t.same([reader.cuts, other.cuts], [[], []])
  }
)
