import t from 'tap'
import { change } from '../../../bench/cluster/once/change.js'
import { leaving } from '../../../bench/cluster/once/leaving.js'
import { isInstalled } from '../../../bench/lib/installed.js'
import { cluster } from '../../../bench/questions/cluster.js'
import { measures } from '../measured.js'

measures(cluster, { measure: 'publish', carrier: 'workers' })

t.test('what fits no round is measured between nodes that run', async (t) => {
  const [p50, p99] = await change('workers', true)
  const [fastest = 0, slowest = 0] = [p50?.values[0], p99?.values[0]]
  t.ok(fastest > 0 && slowest >= fastest)
  const [left] = await leaving('workers', 'SIGKILL', { atMost: 0.3, rounds: 2 })
  t.ok(left?.values.every((seconds) => seconds > 0))
  t.equal(left?.values.length, 2)
})

t.test('each case names the program without which it is left out', async (t) => {
  for (const { name, size, needs } of cluster.cases) {
    t.equal(needs !== undefined, size.carrier !== 'workers', name)
    t.type(isInstalled(needs ?? 'node'), 'boolean')
  }
})
