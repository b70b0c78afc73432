import t from 'tap'
import { quantile, spread } from '../../bench/lib/statistics.js'

t.test('the median of an odd number of rounds is the one in the middle', async (t) => {
  t.strictSame(spread([3, 1, 10]), { median: 3, min: 1, max: 10 })
})

t.test('the median of an even number of rounds lies between the two in the middle', async (t) => {
  t.strictSame(spread([4, 1, 10, 2]), { median: 3, min: 1, max: 10 })
})

t.test('no rounds have no median', async (t) => {
  t.throws(() => spread([]), RangeError)
})

t.test('a quantile is a value that so many others are below', async (t) => {
  const values = Array.from({ length: 100 }, (_, i) => 99 - i)
  t.strictSame([quantile(values, 0), quantile(values, 0.5), quantile(values, 0.99)], [0, 50, 99])
  t.equal(quantile([], 0.5), 0)
})
