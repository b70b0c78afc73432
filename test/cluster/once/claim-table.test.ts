import t from 'tap'
import { ClaimTable } from '../../../lib/cluster/claim-table.js'
import { FakeClock } from '../../fixtures/fake-clock.js'

const at = (key: string) => ({ group: 'alice', key })

t.test('what is over goes as new claims come, results first', async (t) => {
  const clock = new FakeClock()
  const table = new ClaimTable(clock)
  for (let i = 0; i < 1_000; i++) {
    table.claim(at(`${i}`), 'claim', 60_000)
    table.settle(at(`${i}`), 'claim', 'done', 60_000, { bytes: Buffer.from('result'), keepMs: 1_000 })
  }
  t.equal(table.size, 1_000)
  clock.advance(1_000)
  t.same(table.claim(at('7'), 'again', 60_000), { claim: 'done', result: undefined })
  clock.advance(59_000)
  for (let i = 0; i < 600; i++) table.claim(at(`new ${i}`), 'claim', 60_000)
  t.equal(table.size, 600, 'each new one pays for the end of others')
  t.equal(table.claim(at('7'), 'again', 60_000), undefined)
})

t.test('results go at their time, and the oldest where there are too many bytes', async (t) => {
  const clock = new FakeClock()
  const table = new ClaimTable(clock, 100)
  const settle = (key: string) =>
    table.settle(at(key), 'done', 'done', 60_000, { bytes: Buffer.alloc(40), keepMs: 5_000 })
  for (const key of ['a', 'b', 'c', 'c']) settle(key)
  t.equal(table.resultBytes, 80)
  const hasResult = (key: string) => table.claim(at(key), 'mine', 60_000)?.result !== undefined
  t.same(['a', 'b', 'c'].map(hasResult), [false, true, true])
  table.release(at('b'), 'another')
  t.equal(table.resultBytes, 80)
  table.release(at('b'), 'done')
  t.equal(table.resultBytes, 40)
  clock.advance(10_000)
  t.equal(table.resultBytes, 0, 'nobody has to come for it')
  t.equal(clock.pending, 0)
})
