import t from 'tap'
import { backOff } from '../../lib/cluster/back-off.js'

t.test('waits are twice as long each time up to the longest, and up to a fifth less', async (t) => {
  const limits = { minMs: 25, maxMs: 800 }
  const waits = (random: number): number[] =>
    Array.from({ length: 8 }, (_, failures) => backOff(failures, limits, () => random))
  t.same(waits(0), [25, 50, 100, 200, 400, 800, 800, 800])
  t.same(waits(1), [20, 40, 80, 160, 320, 640, 640, 640])
  t.equal(
    backOff(100_000, limits, () => 0),
    800,
    'however often it has failed'
  )
})
