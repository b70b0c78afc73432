import t from 'tap'
import { ByteBudget } from '../../lib/transport/byte-budget.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { settled } from '../fixtures/test-socket.js'

t.test('so much is taken at once and no more', async (t) => {
  const budget = new ByteBudget(new FakeClock(), 100)
  t.ok(budget.take(60))
  t.notOk(budget.take(41))
  t.ok(budget.take(40))
  budget.give(60)
  t.equal(budget.held, 40)
  t.ok(new ByteBudget(new FakeClock(), 0).take(Number.MAX_SAFE_INTEGER), '0 is no limit')
})

t.test('who waits gets room in turn, or none in time', async (t) => {
  const clock = new FakeClock()
  const budget = new ByteBudget(clock, 100)
  budget.take(100)
  const told: string[] = []
  for (const [name, bytes] of [
    ['large', 500],
    ['small', 10],
    ['late', 200]
  ] as const) {
    void budget.wait(bytes, name === 'late' ? 1000 : 2000).then((isIn) => told.push(`${name} ${isIn}`))
  }
  budget.give(50)
  await settled()
  t.same(told, [], 'a large one goes by itself, and nobody passes it')
  clock.advance(1000)
  await settled()
  t.same(told, ['late false'])
  budget.give(50)
  await settled()
  t.same(told, ['late false', 'large true'])
  budget.give(500)
  await settled()
  t.same(told, ['late false', 'large true', 'small true'])
  t.equal(budget.held, 10)
  t.equal(clock.pending, 0)
})

t.test('who gives up waiting lets those behind it in', async (t) => {
  const clock = new FakeClock()
  const budget = new ByteBudget(clock, 100)
  budget.take(60)
  const large = budget.wait(80, 1000)
  const small = budget.wait(40, 2000)
  clock.advance(1000)
  t.notOk(await large)
  t.ok(await small)
})
