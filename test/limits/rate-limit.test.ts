import t from 'tap'
import type { Rate } from '../../lib/limits/limits.js'
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

t.test('weights are added up to the rate, within any window', async (t) => {
  const limit = new RateLimit({ count: 100, windowMs: 1600 })
  t.ok(limit.isIdle(0))
  t.ok(limit.hit(0, 60))
  t.ok(limit.hit(800, 40))
  t.notOk(limit.hit(1599, 1))
  t.ok(limit.hit(1600, 60))
  t.notOk(limit.hit(2399, 1))
  t.ok(limit.hit(2400, 40))
  t.ok(limit.isIdle(10_000))
  t.ok(limit.hit(10_000, 100))
  t.notOk(limit.hit(100_000, 101), 'what is larger than the rate never fits')
})

t.test('hits close together come back with the last of them', async (t) => {
  const limit = new RateLimit({ count: 3, windowMs: 3200 })
  for (const now of [0, 60, 100]) t.ok(limit.hit(now))
  t.notOk(limit.hit(3259), 'the first one waits for the second')
  t.ok(limit.hit(3260))
  t.ok(limit.hit(3260))
  t.notOk(limit.hit(3299), 'the third one came a thirty-second of the window after the first')
  t.ok(limit.hit(3300))
})

/** Hits at random moments, some in bursts, with what of them was within the rate. */
function randomHits(rate: Rate, weigh: (random: () => number) => number) {
  const random = seeded(7)
  const limit = new RateLimit(rate)
  const hits: { at: number; weight: number; within: boolean }[] = []
  for (let at = 0, i = 0; i < 20_000; i++) {
    if (random() < 0.3) at += random() ** 4 * rate.windowMs
    const weight = weigh(random)
    hits.push({ at, weight, within: limit.hit(at, weight) })
  }
  return hits
}

/** The same numbers in each run, from 0 to 1. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const weights = {
  'hits of one': () => 1,
  'hits of many': (random: () => number) => 1 + Math.floor(random() * 9)
}
for (const [name, weigh] of Object.entries(weights)) {
  t.test(
    `${name}: never more than the rate, and refused only with as much in the window and a part`,
    async (t) => {
      const rate = { count: 40, windowMs: 1000 }
      const hits = randomHits(rate, weigh)
      const taken: typeof hits = []
      const sumSince = (from: number): number => {
        let sum = 0
        for (let i = taken.length - 1; i >= 0; i--) {
          const hit = taken[i] as (typeof hits)[number]
          if (hit.at <= from) break
          sum += hit.weight
        }
        return sum
      }
      for (const hit of hits) {
        const windowFrom = hit.at - rate.windowMs
        const isWithin = sumSince(windowFrom) + hit.weight <= rate.count
        const isOver = sumSince(windowFrom - rate.windowMs / 32) + hit.weight > rate.count
        if (hit.within ? !isWithin : !isOver) t.fail(`at ${hit.at}`, { hit })
        if (hit.within) taken.push(hit)
      }
      t.ok(taken.length > 1000 && taken.length < hits.length - 1000, `${taken.length} of ${hits.length}`)
    }
  )
}

t.test('whether there is room is asked without a hit', async (t) => {
  const limit = new RateLimit({ count: 2, windowMs: 100 })
  for (let i = 0; i < 3; i++) t.ok(limit.hasRoom(0))
  limit.hit(0)
  t.ok(limit.hasRoom(0))
  limit.hit(0)
  t.notOk(limit.hasRoom(99))
  t.ok(limit.hasRoom(100))
  t.ok(new RateLimit({ count: 0, windowMs: 100 }).hasRoom(0), 'a count of 0 is no limit')
})

t.test('thousands of hits take no more memory than a few', async (t) => {
  const limits = Array.from({ length: 400 }, () => new RateLimit({ count: 10_000, windowMs: 10_000 }))
  const begun = process.memoryUsage().heapUsed
  let within = 0
  for (let now = 0; now < 10_000; now++) for (const limit of limits) if (limit.hit(now)) within++
  t.equal(within, 4_000_000)
  t.ok(process.memoryUsage().heapUsed - begun < 24 * 1024 * 1024)
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
