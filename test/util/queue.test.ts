import t from 'tap'
import { Queue } from '../../lib/util/queue.js'

t.test('a queue gives back what it got, in order, however long it is', async (t) => {
  const queue = new Queue<number>()
  t.equal(queue.shift(), undefined)
  let next = 0
  for (let i = 0; i < 1000; i++) {
    queue.push(i)
    if (i % 3 > 0) t.equal(queue.shift(), next++)
  }
  t.equal(queue.length, 1000 - next)
  t.same(
    [...queue],
    Array.from({ length: queue.length }, (_, i) => next + i)
  )
  t.equal(queue.clear()[0], next)
  t.equal(queue.length, 0)
})
