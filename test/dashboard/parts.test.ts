import fc from 'fast-check'
import t from 'tap'
import { Latencies } from '../../lib/dashboard/latency.js'
import { Ring } from '../../lib/dashboard/ring.js'
import { Top } from '../../lib/dashboard/top.js'
import { Walk } from '../../lib/dashboard/walk.js'
import { FakeClock } from '../fixtures/fake-clock.js'

t.test('a heap keeps the first so many in their order', async () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 0, max: 20 }), (numbers, size) => {
      const top = new Top<number>(size, (one, other) => one > other)
      for (const number of numbers) top.add(number)
      const expected = numbers.toSorted((one, other) => other - one).slice(0, size)
      return JSON.stringify(top.list()) === JSON.stringify(expected)
    })
  )
})

t.test('a ring keeps the last so many', async (t) => {
  const ring = new Ring<number>(3)
  for (let i = 1; i <= 5; i++) ring.add(i)
  t.same(ring.newest(2), [5, 4])
  t.same(ring.newest(9), [5, 4, 3])
  t.same(ring.newest(), [5, 4, 3])
})

t.test('a percentile is at most a ninth too high', async (t) => {
  const latencies = new Latencies()
  t.equal(latencies.percentile(0.5), null)
  for (let ms = 1; ms <= 100; ms++) latencies.add(ms)
  for (const [part, exact] of [
    [0.5, 50],
    [0.99, 99]
  ] as const) {
    const found = latencies.percentile(part) ?? 0
    t.ok(found >= exact && found <= exact * 1.1, `${part}: ${found}`)
  }
  const merged = new Latencies()
  merged.merge(latencies.toJSON())
  merged.merge(JSON.parse(JSON.stringify(latencies)))
  t.equal(merged.count, 200)
  t.equal(merged.percentile(0.5), latencies.percentile(0.5))
  t.equal(merged.max, 100)
})

t.test('a walk over much gives others their turns', async (t) => {
  const clock = new FakeClock()
  const walk = new Walk(clock, async () => clock.advance(100))
  let visited = 0
  // A microsecond each: 20 ms of work.
  await walk.each(Array(20_000).keys(), () => {
    visited++
    clock.advance(0.001)
  })
  t.equal(visited, 20_000)
  t.ok(walk.slices >= 9 && walk.slices <= 11, `${walk.slices} slices`)
  const cost = walk.end()
  t.ok(cost > 19.9 && cost < 20.1, `${cost} ms, those of others left out`)
})
