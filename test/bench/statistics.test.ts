import t from 'tap'
import { spread } from '../../bench/lib/statistics.js'

t.test('the median of an odd number of rounds is the one in the middle', async (t) => {
  t.strictSame(spread([3, 1, 10]), { median: 3, min: 1, max: 10 })
})

t.test('the median of an even number of rounds lies between the two in the middle', async (t) => {
  t.strictSame(spread([4, 1, 10, 2]), { median: 3, min: 1, max: 10 })
})

t.test('no rounds have no median', async (t) => {
  t.throws(() => spread([]), RangeError)
})
