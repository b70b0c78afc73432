import t from 'tap'
import { Reasons, Tally } from '../../lib/load/tally.js'

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

t.test('calls are open until they were answered or have failed', async (t) => {
  const tally = new Tally()
  tally.sent = 3
  t.equal(tally.latency, null)
  tally.succeeded(2)
  tally.errors.add('timeout')
  t.equal(tally.open, 1)
  const { p50, max } = tally.latency ?? {}
  t.ok(Number(p50) >= 2 && Number(p50) < 2.01)
  t.ok(Number(max) >= 2)
})
