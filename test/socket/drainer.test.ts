import t from 'tap'
import { type Drainable, drainAll } from '../../lib/socket/drainer.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { settled } from '../fixtures/test-socket.js'

class FakeSocket implements Drainable {
  state: 'open' | 'draining' | 'closed' | 'aborted' = 'open'
  #finish = (): void => {}
  readonly #sockets: Set<Drainable>

  constructor(sockets: Set<Drainable>) {
    this.#sockets = sockets
    sockets.add(this)
  }

  drain(): Promise<void> {
    this.state = 'draining'
    return new Promise((resolve) => {
      this.#finish = () => {
        this.state = 'closed'
        this.#sockets.delete(this)
        resolve()
      }
    })
  }

  finish(): void {
    this.#finish()
  }

  abort(): void {
    this.state = 'aborted'
    this.#sockets.delete(this)
  }
}

function setUp(count: number) {
  const sockets = new Set<Drainable>()
  const all = Array.from({ length: count }, () => new FakeSocket(sockets))
  return { clock: new FakeClock(), sockets, all, states: () => all.map(({ state }) => state) }
}

t.test('sockets are drained in batches, with a pause between them', async (t) => {
  const { clock, sockets, all, states } = setUp(5)
  const done = drainAll(sockets, { batchSize: 2, batchIntervalMs: 100, shutdownMs: 1000 }, clock)
  t.same(states(), ['draining', 'draining', 'open', 'open', 'open'])
  clock.advance(100)
  await settled()
  t.same(states(), ['draining', 'draining', 'draining', 'draining', 'open'])
  clock.advance(100)
  await settled()
  for (const socket of all) socket.finish()
  await done
  t.same(new Set(states()), new Set(['closed']))
})

t.test('what is not through in time is closed at once', async (t) => {
  const { clock, sockets, all, states } = setUp(3)
  const done = drainAll(sockets, { batchSize: 2, batchIntervalMs: 2000, shutdownMs: 500 }, clock)
  all[0]?.finish()
  clock.advance(500)
  await settled()
  await done
  t.same(states(), ['closed', 'aborted', 'aborted'])
})

t.test('no sockets take no time', async (t) => {
  const { clock, sockets } = setUp(0)
  await drainAll(sockets, { batchSize: 2, batchIntervalMs: 2000, shutdownMs: 500 }, clock)
  t.equal(sockets.size, 0)
})
