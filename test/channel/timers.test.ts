import t from 'tap'
import { ChannelTimers } from '../../lib/channel/timers.js'
import { longestTimer } from '../../lib/time/clock.js'
import { FakeClock } from '../fixtures/fake-clock.js'

const day = 24 * 60 * 60 * 1000

function setUp() {
  const clock = new FakeClock()
  return { clock, timers: new ChannelTimers(clock), fired: [] as number[] }
}

t.test('a timer of 30 days fires after 30 days, though none of Node runs for so long', async (t) => {
  const { clock, timers, fired } = setUp()
  timers.set(() => fired.push(clock.now()), 30 * day)
  for (let passed = 0; passed < 30; passed++) {
    t.same(fired, [])
    t.ok(clock.delays.every((ms) => ms <= longestTimer))
    clock.advance(day)
  }
  t.same(fired, [30 * day])
  t.equal(clock.pending, 0)
})

t.test('it can be cleared at any time, and dies with its channel', async (t) => {
  const { clock, timers, fired } = setUp()
  for (const passed of [0, 26]) {
    const timer = timers.set(() => fired.push(clock.now()), 30 * day)
    timer.unref()
    clock.advance(passed * day)
    timers.clear(timer)
    t.equal(clock.pending, 0)
  }
  timers.set(() => fired.push(clock.now()), Number.POSITIVE_INFINITY)
  clock.advance(100 * day)
  t.equal(clock.pending, 1)
  timers.stop()
  t.equal(clock.pending, 0)
  t.same(fired, [])
})

t.test('what is over fires soon, and what is no number is refused in words', async (t) => {
  const { clock, timers, fired } = setUp()
  for (const ms of [-1, Number.NEGATIVE_INFINITY, 0]) timers.set(() => fired.push(ms), ms)
  t.ok(clock.delays.every((ms) => ms === 0))
  clock.advance(0)
  t.equal(fired.length, 3)
  for (const ms of [Number.NaN, undefined, '5', 5n, {}]) {
    t.throws(() => timers.set(() => fired.push(0), ms as number), {
      code: 'PHX_ERR_OPTION_INVALID',
      message: /setTimeout: must be given a number of milliseconds/
    })
  }
  t.equal(clock.pending, 0)
})
