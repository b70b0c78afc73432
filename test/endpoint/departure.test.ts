import t from 'tap'
import { Departure } from '../../lib/endpoint/departure.js'
import { FakeClock } from '../fixtures/fake-clock.js'

function start() {
  const clock = new FakeClock()
  const told: string[] = []
  const departure = new Departure({
    clock,
    announce: () => told.push('announced'),
    drain: async () => void told.push('drained')
  })
  return { clock, told, departure }
}

t.test('a node says at once that it goes, and is drained after the delay, once', async (t) => {
  const { clock, told, departure } = start()
  t.notOk(departure.hasBegun)
  const gone = departure.after(5_000)
  t.ok(departure.hasBegun)
  clock.advance(4_999)
  await null
  t.same(told, ['announced'])
  clock.advance(1)
  await gone
  await departure.after(5_000)
  await departure.now()
  t.same(told, ['announced', 'drained'])
})

t.test('whoever closes it does not wait for the rest of the delay', async (t) => {
  const { clock, told, departure } = start()
  const gone = departure.after(5_000)
  await departure.now()
  await gone
  t.same(told, ['announced', 'drained'])
  t.equal(clock.pending, 0)
})

t.test('without a word before, it is drained at once', async (t) => {
  const { told, departure } = start()
  await departure.now()
  t.ok(departure.hasBegun)
  t.same(told, ['drained'])
})
