import t from 'tap'
import { Deadline } from '../../lib/time/deadline.js'
import { FakeClock } from '../fixtures/fake-clock.js'

const day = 24 * 60 * 60 * 1000

function setUp() {
  const clock = new FakeClock()
  const calls: number[] = []
  return { clock, calls, deadline: new Deadline(clock, () => calls.push(clock.date())) }
}

t.test('it calls back at its date, once', async (t) => {
  const { clock, calls, deadline } = setUp()
  const at = clock.date() + 1000
  deadline.at = at
  clock.advance(999)
  t.same(calls, [])
  clock.advance(10_000)
  t.same(calls, [at])
  t.equal(clock.pending, 0)
})

t.test('a date further away than a timer of Node can hold does not come early', async (t) => {
  const { clock, calls, deadline } = setUp()
  const at = clock.date() + 100 * day
  deadline.at = at
  for (let passed = 0; passed < 99; passed++) {
    t.ok(
      clock.delays.every((ms) => ms <= 2 ** 31 - 1),
      'every timer is one that Node can hold'
    )
    clock.advance(day)
  }
  t.same(calls, [])
  clock.advance(day)
  t.same(calls, [at])
})

t.test('never is a date too', async (t) => {
  const { clock, calls, deadline } = setUp()
  deadline.at = Number.POSITIVE_INFINITY
  clock.advance(400 * day)
  t.same(calls, [])
})

t.test('a date that has passed calls back at the next turn', async (t) => {
  const { clock, calls, deadline } = setUp()
  deadline.at = clock.date() - day
  t.same(calls, [])
  clock.advance(0)
  t.equal(calls.length, 1)
})

t.test('it may be moved, or taken back', async (t) => {
  const { clock, calls, deadline } = setUp()
  deadline.at = clock.date() + 1000
  deadline.at = clock.date() + 5000
  t.equal(deadline.at, clock.date() + 5000)
  clock.advance(4999)
  t.same(calls, [])
  deadline.at = undefined
  t.equal(clock.pending, 0)
  clock.advance(day)
  t.same(calls, [])
})

t.test('a wall clock that was set back makes it wait on', async (t) => {
  const { clock, calls, deadline } = setUp()
  const real = clock.date.bind(clock)
  deadline.at = real() + 1000
  clock.date = () => real() - 500
  clock.advance(1000)
  t.same(calls, [])
  clock.advance(500)
  t.equal(calls.length, 1)
})

t.test('what is no number is refused in words, and changes nothing', async (t) => {
  const { clock, calls, deadline } = setUp()
  const at = clock.date() + 1000
  deadline.at = at
  for (const wrong of [Number.NaN, 5n, '5', new Date(), {}, Promise.resolve(5)]) {
    t.throws(
      () => {
        deadline.at = wrong as number
      },
      { code: 'PHX_ERR_OPTION_INVALID', message: /expiresAt: must be a number of milliseconds/ }
    )
  }
  t.equal(deadline.at, at)
  clock.advance(1000)
  t.same(calls, [at])
})

t.test('null and Infinity are never', async (t) => {
  const { clock, deadline } = setUp()
  for (const never of [null, Number.POSITIVE_INFINITY]) {
    deadline.at = clock.date() + 1000
    deadline.at = never as number
    t.equal(deadline.at, undefined)
    t.equal(clock.pending, 0)
  }
})
