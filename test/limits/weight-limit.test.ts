import t from 'tap'
import { WeightLimit } from '../../lib/limits/weight-limit.js'
import { Queue } from '../../lib/util/queue.js'

t.test('weights are added up to the rate, within any window', async (t) => {
  const limit = new WeightLimit({ count: 100, windowMs: 1600 })
  t.ok(limit.isIdle(0))
  t.ok(limit.add(60, 0))
  t.ok(limit.add(40, 800))
  t.notOk(limit.add(1, 1600))
  t.ok(limit.add(60, 1700), 'the first is a sixteenth of the window late forgotten')
  t.notOk(limit.add(1, 2400))
  t.ok(limit.add(40, 2500))
  t.notOk(limit.isIdle(3000))
  t.ok(limit.isIdle(10_000))
  t.ok(limit.add(100, 10_000))
  t.notOk(limit.add(101, 100_000), 'what is larger than the rate never fits')
})

t.test('a rate of 0 is off', async (t) => {
  const limit = new WeightLimit({ count: 0, windowMs: 1 })
  t.ok(limit.add(1e9, 0))
  t.ok(limit.isIdle(0))
})

t.test('a queue gives back what it got, in order, however long it is', async (t) => {
  const queue = new Queue<number>()
  t.equal(queue.shift(), undefined)
  let next = 0
  for (let i = 0; i < 1000; i++) {
    queue.push(i)
    if (i % 3 > 0) t.equal(queue.shift(), next++)
  }
  t.equal(queue.length, 1000 - next)
  t.equal(queue.clear()[0], next)
  t.equal(queue.length, 0)
})
