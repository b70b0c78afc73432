import t from 'tap'
import { Timeline } from '../../lib/load/measure/timeline.js'
import { FakeClock } from '../fixtures/fake-clock.js'

t.test('every stretch of time has its own latencies, count and errors', async (t) => {
  const clock = new FakeClock()
  const timeline = new Timeline(clock, 1000)
  clock.advance(5000)
  timeline.begin()
  clock.advance(100)
  timeline.succeeded(clock.now(), 10)
  timeline.succeeded(clock.now(), 30)
  clock.advance(1000)
  timeline.failed(clock.now())
  clock.advance(2000)
  timeline.succeeded(clock.now(), 5)
  clock.advance(150)
  const [first, second, third, last, ...others] = timeline.end()
  t.match(first, { at: 0, seconds: 1, count: 2, rate: 2, errors: 0 })
  t.ok(Number(first?.p50) >= 10 && Number(first?.p50) < 11)
  t.ok(Number(first?.max) >= 30 && Number(first?.max) < 31)
  t.same(second, {
    at: 1,
    seconds: 1,
    count: 0,
    rate: 0,
    errors: 1,
    p50: null,
    p90: null,
    p99: null,
    max: null
  })
  t.match(third, { at: 2, count: 0, errors: 0 })
  t.match(last, { at: 3, seconds: 0.25, count: 1, rate: 4 }, 'the last is as long as it is')
  t.ok(Number(last?.max) < 6, 'and has nothing of those before')
  t.same(others, [])
})

t.test('a load that ends at once has no stretch', async (t) => {
  t.same(new Timeline(new FakeClock(), 1000).end(), [])
})
