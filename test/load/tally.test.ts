import t from 'tap'
import { Reasons } from '../../lib/load/measure/reasons.js'
import { Tally } from '../../lib/load/measure/tally.js'
import { FakeClock } from '../fixtures/fake-clock.js'

t.test('reasons are counted, the most frequent first', async (t) => {
  const reasons = new Reasons()
  for (const reason of ['timeout', 'overloaded', 'overloaded']) reasons.add(reason)
  t.same(Object.entries(reasons.toObject()), [
    ['overloaded', 2],
    ['timeout', 1]
  ])
  t.equal(reasons.total, 3)
})

t.test('a server that thinks of ever new reasons does not fill the memory', async (t) => {
  const reasons = new Reasons()
  for (let i = 0; i < 1000; i++) reasons.add(`reason ${i}`)
  reasons.add('reason 0')
  const counts = reasons.toObject()
  t.ok(Object.keys(counts).length <= 51)
  t.equal(counts['reason 0'], 2)
  t.equal(reasons.total, 1001)
})

t.test('operations are open until they have come to an end or have failed', async (t) => {
  const clock = new FakeClock()
  const tally = new Tally(clock, 1000)
  let settled = 0
  tally.onSettled = () => settled++
  tally.sent = 3
  t.equal(tally.latency, null)
  clock.advance(2)
  tally.succeeded(0)
  tally.failed('timeout')
  t.equal(tally.open, 1)
  t.equal(settled, 0)
  const { min, p50, max } = tally.latency ?? {}
  t.ok(Number(p50) >= 2 && Number(p50) < 2.01)
  t.ok(Number(max) >= 2 && Number(min) <= 2)
  tally.succeeded(0)
  t.equal(settled, 1)
})

t.test('what is measured beside the operations has a name; a rehearsal is forgotten', async (t) => {
  const tally = new Tally(new FakeClock(), 1000)
  tally.measure('connect', 5)
  tally.begin(false)
  t.same(Object.keys(tally.namedLatencies), ['connect'])
  tally.begin(true)
  t.same(tally.namedLatencies, {})
})
