import t from 'tap'
import { RateLimit } from '../../lib/limits/rate-limit.js'

t.test('so many hits are within the rate, and the next one is not', async (t) => {
  const limit = new RateLimit({ count: 3, windowMs: 1000 })
  t.same(
    [0, 0, 1, 2].map((now) => limit.hit(now)),
    [true, true, true, false]
  )
})

t.test('the window slides: a hit counts until the window has passed, not until it is full', async (t) => {
  const limit = new RateLimit({ count: 2, windowMs: 1000 })
  limit.hit(0)
  limit.hit(900)
  t.notOk(limit.hit(999))
  t.ok(limit.hit(1000), 'the first hit is forgotten')
  t.notOk(limit.hit(1001), 'the second one is not')
})

t.test('hits over the rate are not counted themselves', async (t) => {
  const limit = new RateLimit({ count: 1, windowMs: 100 })
  limit.hit(0)
  for (let now = 1; now < 100; now++) limit.hit(now)
  t.ok(limit.hit(100))
})

t.test('a count of zero is no limit', async (t) => {
  const limit = new RateLimit({ count: 0, windowMs: 1000 })
  t.ok(Array.from({ length: 1000 }).every(() => limit.hit(0)))
  t.ok(limit.isIdle(0))
})

t.test('it is idle once everything is forgotten', async (t) => {
  const limit = new RateLimit({ count: 2, windowMs: 1000 })
  t.ok(limit.isIdle(0))
  limit.hit(0)
  t.notOk(limit.isIdle(999))
  t.ok(limit.isIdle(1000))
})

t.test('the rate holds in every window of a long run', async (t) => {
  const rate = { count: 50, windowMs: 100 }
  const limit = new RateLimit(rate)
  const taken: number[] = []
  for (let now = 0; now < 2000; now++) for (let i = 0; i < 3; i++) if (limit.hit(now)) taken.push(now)
  t.equal(taken.length, 20 * rate.count)
  const isOver = taken.some(
    (at, i) => (taken[i + rate.count] ?? Number.POSITIVE_INFINITY) - at < rate.windowMs
  )
  t.notOk(isOver)
})
