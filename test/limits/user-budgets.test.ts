import t from 'tap'
import { mergeLimits } from '../../lib/limits/limits.js'
import { UserBudgets } from '../../lib/limits/user-budgets.js'
import { FakeClock } from '../fixtures/fake-clock.js'

function setUp() {
  const clock = new FakeClock()
  const limits = mergeLimits({ events: { count: 1, windowMs: 10_000 } })
  return { clock, budgets: new UserBudgets(limits, clock) }
}

t.test('a user has one budget, whoever asks for it', async (t) => {
  const { budgets } = setUp()
  t.equal(budgets.of('alice'), budgets.of('alice'))
  t.not(budgets.of('alice'), budgets.of('bob'))
  t.equal(budgets.size, 2)
})

t.test('a released user is forgotten at once when nothing is remembered of them', async (t) => {
  const { budgets } = setUp()
  budgets.of('alice')
  budgets.release('alice')
  t.equal(budgets.size, 0)
  budgets.release('nobody')
})

t.test('a budget outlives the sockets for as long as its windows remember something', async (t) => {
  const { budgets, clock } = setUp()
  const budget = budgets.of('alice')
  budget.hit('events', clock.now())
  budgets.release('alice')
  t.equal(budgets.of('alice'), budget)
  clock.advance(10_000)
  budgets.release('alice')
  t.equal(budgets.size, 0)
})

t.test('a user with an open socket or a call in flight is not forgotten', async (t) => {
  const { budgets } = setUp()
  const budget = budgets.of('alice')
  budget.sockets = 1
  budgets.release('alice')
  t.equal(budgets.size, 1)
  budget.sockets = 0
  budget.callsInFlight = 1
  budgets.release('alice')
  t.equal(budgets.size, 1)
})

t.test(
  'a user for whom somebody waits is not forgotten, as all places may be taken on other nodes',
  async (t) => {
    const { budgets } = setUp()
    const budget = budgets.of('alice')
    budget.waiting = { wait: async () => undefined, placeFreed: () => {} }
    budgets.release('alice')
    t.equal(budgets.get('alice'), budget)
    budget.waiting = undefined
    budgets.release('alice')
    t.equal(budgets.get('alice'), undefined)
  }
)

t.test('users whose windows were still running when they left are swept, without any timer', async (t) => {
  const { budgets, clock } = setUp()
  for (let i = 0; i < 10_000; i++) {
    budgets.of(`user ${i}`).hit('events', clock.now())
    budgets.release(`user ${i}`)
    clock.advance(100)
  }
  t.equal(clock.pending, 0)
  t.ok(budgets.size <= 2000, `${budgets.size} users are remembered`)
})
