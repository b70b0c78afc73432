import t from 'tap'
import { mergeLimits } from '../../lib/limits/limits.js'
import { TopicJoins } from '../../lib/limits/topic-joins.js'
import { UserBudget } from '../../lib/limits/user-budgets.js'

function join(joins: TopicJoins, topic: string, now: number): boolean {
  const isWithin = joins.hasRoomFor(topic, now)
  if (isWithin) joins.add(topic, now)
  return isWithin
}

t.test('each topic has a rate of its own, in every window', async (t) => {
  const joins = new TopicJoins({ count: 2, windowMs: 1000 })
  t.same(
    [join(joins, 'a', 0), join(joins, 'b', 0), join(joins, 'a', 500), join(joins, 'a', 999)],
    [true, true, true, false]
  )
  t.ok(join(joins, 'b', 999))
  t.ok(join(joins, 'a', 1000), 'the first one is forgotten')
  t.notOk(join(joins, 'a', 1001), 'the second one is not')
  t.notOk(joins.isIdle(1999))
  t.ok(joins.isIdle(2000))
})

t.test('a count of zero is no limit, and nothing is kept', async (t) => {
  const joins = new TopicJoins({ count: 0, windowMs: 1000 })
  for (let i = 0; i < 100; i++) t.ok(join(joins, 'a', 0)) || t.bailout()
  t.ok(joins.isIdle(0))
})

t.test('long topics that differ at their end differ', async (t) => {
  const joins = new TopicJoins({ count: 1, windowMs: 1000 })
  const long = 'x'.repeat(10_000)
  t.ok(join(joins, `${long}1`, 0))
  t.ok(join(joins, `${long}2`, 0))
  t.notOk(join(joins, `${long}1`, 0))
})

t.test('many topics cost no more than the memory of so many joins', async (t) => {
  const joins = new TopicJoins({ count: 3, windowMs: 1_000_000 })
  const begun = process.memoryUsage().heapUsed
  for (let i = 0; i < 200_000; i++) join(joins, `topic ${i} ${'x'.repeat(100)}`, i)
  t.ok(process.memoryUsage().heapUsed - begun < 64 * 1024 * 1024)
  for (let i = 0; i < 3; i++) t.ok(join(joins, 'a', 200_000))
  t.notOk(join(joins, 'a', 200_000), 'the newest still count')
})

t.test('hammering at one topic uses up nothing of the others', async (t) => {
  const budget = new UserBudget(
    mergeLimits({ joins: { count: 4, windowMs: 1000 }, topicJoins: { count: 2, windowMs: 1000 } })
  )
  const results = ['a', 'a', 'a', 'a', 'a', 'b', 'c', 'd'].map((topic) => budget.joinOver(topic, 0))
  const over = 'topicJoins'
  t.same(results, [undefined, undefined, over, over, over, undefined, undefined, 'joins'])
})

t.test('by default a user joins 300 times in ten seconds, and one topic 30 times', async (t) => {
  const one = new UserBudget(mergeLimits())
  t.equal(Array.from({ length: 400 }).filter(() => one.joinOver('a', 0) === undefined).length, 30)
  t.notOk(one.isIdle(9_999))
  t.equal(one.joinOver('a', 10_000), undefined)
  const many = new UserBudget(mergeLimits())
  t.equal(
    Array.from({ length: 400 }).filter((_, i) => many.joinOver(`room:${i}`, 0) === undefined).length,
    300
  )
  t.ok(many.isIdle(10_000))
})
