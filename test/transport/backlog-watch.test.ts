import t from 'tap'
import { QueuedMemory } from '../../lib/limits/queued-memory.js'
import { type Backlogged, BacklogWatch } from '../../lib/transport/backlog-watch.js'
import { FakeClock } from '../fixtures/fake-clock.js'

const limits = { queuedBytes: 1000, queueStallMs: 10_000, queuedBytesMax: 0, queuedBytesTotal: 0 }

/** A client with more waiting than may. */
class Client implements Backlogged {
  readonly limits = limits
  readonly waiting = 2000
  readonly cuts: string[] = []
  readonly #watch: BacklogWatch
  moves = false
  constructor(watch: BacklogWatch) {
    this.#watch = watch
  }
  catchUp(): void {}
  hasMoved(): boolean {
    return this.moves
  }
  cutOff(why: string): void {
    this.cuts.push(why)
    this.#watch.delete(this)
  }
}

function watch() {
  const clock = new FakeClock()
  const watch = new BacklogWatch(clock, new QueuedMemory())
  const client = new Client(watch)
  watch.add(client)
  return { clock, client, watch }
}

t.test('who takes nothing for the time is cut off, and who takes something is not', async (t) => {
  const { clock, client } = watch()
  client.moves = true
  clock.advance(60_000)
  client.moves = false
  clock.advance(9_900)
  t.same(client.cuts, [])
  clock.advance(200)
  t.same(client.cuts, ['its client does not read'])
})

t.test("the time in which the server itself stood still is nobody else's", async (t) => {
  const { clock, client } = watch()
  clock.advance(1_000)
  for (let i = 0; i < 10; i++) {
    clock.jump(60_000)
    clock.advance(100)
  }
  t.same(client.cuts, [])
  clock.advance(10_000)
  t.equal(client.cuts.length, 1)
})

t.test('a watch that had nobody counts from when there is somebody', async (t) => {
  const { clock, client, watch: other } = watch()
  other.delete(client)
  clock.advance(60_000)
  other.add(client)
  clock.advance(9_900)
  t.same(client.cuts, [])
})
