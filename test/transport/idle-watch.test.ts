import t from 'tap'
import { IdleWatch } from '../../lib/transport/idle-watch.js'
import { FakeClock } from '../fixtures/fake-clock.js'

const timeoutMs = 16_000

class Connection {
  lastActivity: number
  readonly #clock: FakeClock
  readonly timeOuts: number[] = []

  constructor(clock: FakeClock) {
    this.#clock = clock
    this.lastActivity = clock.now()
  }

  timedOut(): void {
    this.timeOuts.push(this.#clock.now())
  }
}

function setUp(ms = timeoutMs) {
  const clock = new FakeClock()
  const watch = new IdleWatch(clock, ms)
  const open = (): Connection => {
    const connection = new Connection(clock)
    watch.add(connection)
    return connection
  }
  return { clock, watch, open }
}

t.test('one timer watches any number of connections, and none where there is none', async (t) => {
  const { clock, watch, open } = setUp()
  const [one, two] = [open(), open()]
  t.equal(clock.pending, 1)
  watch.delete(one)
  t.equal(clock.pending, 1)
  watch.delete(two)
  watch.delete(two)
  t.equal(clock.pending, 0)
  open()
  t.equal(clock.pending, 1)
})

t.test('who is silent for the time-out is told so once, and is not watched any more', async (t) => {
  const { clock, open } = setUp()
  const silent = open()
  clock.advance(timeoutMs - 1)
  t.same(silent.timeOuts, [])
  clock.advance(1)
  t.same(silent.timeOuts, [timeoutMs])
  t.equal(clock.pending, 0)
  clock.advance(timeoutMs * 3)
  t.same(silent.timeOuts, [timeoutMs])
})

t.test('who is active is left alone for as long as that lasts', async (t) => {
  const { clock, open } = setUp()
  const [silent, active] = [open(), open()]
  for (let i = 0; i < 100; i++) {
    clock.advance(1000)
    active.lastActivity = clock.now()
  }
  t.same(silent.timeOuts, [timeoutMs])
  t.same(active.timeOuts, [])
  clock.advance(timeoutMs)
  t.same(active.timeOuts, [100_000 + timeoutMs])
})

t.test('among many, silence is found a sixteenth of the time-out late at the most', async (t) => {
  const { clock, open } = setUp()
  const all: Connection[] = []
  for (let i = 0; i < 1000; i++) {
    all.push(open())
    clock.advance(1)
  }
  clock.advance(timeoutMs * 2)
  const late = all.map(({ lastActivity, timeOuts }) => Number(timeOuts[0]) - lastActivity - timeoutMs)
  t.ok(late.every((ms) => ms >= 0 && ms <= timeoutMs / 16))
  t.equal(clock.pending, 0)
})

t.test('a connection that ends another one when it times out breaks nothing', async (t) => {
  const { clock, watch, open } = setUp()
  const [one, two] = [open(), open()]
  one.timedOut = () => watch.delete(two)
  clock.advance(timeoutMs)
  t.same(two.timeOuts, [])
  t.equal(clock.pending, 0)
})

t.test('a time-out of 0 watches nobody', async (t) => {
  const { clock, open } = setUp(0)
  open()
  t.equal(clock.pending, 0)
})

t.test('one that fails when it is told hides no later silence', async (t) => {
  const { clock, watch, open } = setUp()
  const failing = {
    lastActivity: clock.now(),
    timedOut: () => {
      throw new Error('oops')
    }
  }
  watch.add(failing)
  const silent = open()
  t.throws(() => clock.advance(timeoutMs))
  clock.advance(timeoutMs)
  t.equal(silent.timeOuts.length, 1)
  t.equal(clock.pending, 0)
})

t.test('who is told may bring another, for which there is one timer', async (t) => {
  const { clock, watch } = setUp()
  const second = new Connection(clock)
  watch.add({
    lastActivity: clock.now(),
    timedOut: () => {
      second.lastActivity = clock.now()
      watch.add(second)
    }
  })
  clock.advance(timeoutMs)
  t.equal(clock.pending, 1)
  clock.advance(timeoutMs)
  t.same(second.timeOuts, [2 * timeoutMs])
  t.equal(clock.pending, 0)
})

t.test(
  'after the process stood still, what has come meanwhile is read before anybody is silent',
  async (t) => {
    const { clock, open } = setUp()
    const [silent, alive] = [open(), open()]
    clock.advance(timeoutMs / 2)
    clock.jump(10 * timeoutMs)
    t.same([silent.timeOuts, alive.timeOuts], [[], []])
    alive.lastActivity = clock.now()
    clock.advance(timeoutMs / 16)
    t.equal(silent.timeOuts.length, 1)
    t.same(alive.timeOuts, [])
  }
)
