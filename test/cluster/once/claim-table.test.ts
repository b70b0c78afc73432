import t from 'tap'
import { ClaimTable } from '../../../lib/cluster/claim-table.js'

const at = (key: string) => ({ group: 'alice', key })

t.test('what is over goes as new claims come, results first', async (t) => {
  let now = 0
  const table = new ClaimTable(() => now)
  for (let i = 0; i < 1_000; i++) {
    table.claim(at(`${i}`), 'claim', 60_000)
    table.settle(at(`${i}`), 'done', 60_000, { bytes: Buffer.from('result'), keepMs: 1_000 })
  }
  t.equal(table.size, 1_000)
  now = 1_000
  t.same(table.claim(at('7'), 'again', 60_000), { claim: 'done', result: undefined })
  now = 60_000
  for (let i = 0; i < 600; i++) table.claim(at(`new ${i}`), 'claim', 60_000)
  t.equal(table.size, 600, 'each new one pays for the end of others')
  t.equal(table.claim(at('7'), 'again', 60_000), undefined)
})
