import t from 'tap'
import { AbortSource } from '../../lib/hooks/abort-source.js'
import { RunningCalls } from '../../lib/hooks/running-calls.js'
import { silentLogger } from '../../lib/util/logger.js'

const calls = (count: number): AbortSource[] =>
  Array.from({ length: count }, () => new AbortSource(silentLogger))

for (const order of ['012', '021', '102', '120', '201', '210']) {
  t.test(`calls end in the order ${order}, and those that run are aborted`, async (t) => {
    const all = calls(3)
    const running = new RunningCalls()
    for (const call of all) running.add(call)
    const [first, second, last] = [...order].map((n) => all[Number(n)] as AbortSource) as [
      AbortSource,
      AbortSource,
      AbortSource
    ]
    running.delete(first)
    t.equal(running.size, 2)
    const [late] = calls(1) as [AbortSource]
    running.add(late)
    running.delete(second)
    running.callerGone(new Error('gone'))
    t.same(
      [first, second, last, late].map(({ aborted }) => aborted),
      [false, false, true, true]
    )
    running.delete(last)
    running.delete(late)
    t.equal(running.size, 0)
  })
}

t.test('a call that has ended keeps no other', async (t) => {
  const running = new RunningCalls()
  const [kept, between, last] = calls(3) as [AbortSource, AbortSource, AbortSource]
  for (const call of [kept, between, last]) running.add(call)
  for (const call of [kept, between, last]) running.delete(call)
  for (const call of [kept, between, last]) t.match(call, { older: undefined, newer: undefined })
})

t.test('the oldest is aborted first, and a listener may end any', async (t) => {
  const all = calls(3)
  const running = new RunningCalls()
  const heard: number[] = []
  for (const [n, call] of all.entries()) {
    running.add(call)
    call.signal.addEventListener('abort', () => {
      heard.push(n)
      running.delete(call)
    })
  }
  running.callerGone(new Error('gone'))
  t.same(heard, [0, 1, 2])
  t.equal(running.size, 0)
})

t.test('one that ends because another one hears that its caller is gone hears nothing itself', async (t) => {
  const running = new RunningCalls()
  const heard: string[] = []
  const [last] = calls(1) as [AbortSource]
  const first = {
    callerGone(): void {
      heard.push('first')
      running.delete(last)
    }
  }
  running.add(first)
  running.add(last)
  running.callerGone(new Error('gone'))
  t.same(heard, ['first'])
  t.equal(last.aborted, false)
})
