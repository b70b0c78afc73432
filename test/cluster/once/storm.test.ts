import t from 'tap'
import { isKept, storm } from '../../../bench/once/storm.js'
import { hubVariable } from '../../../lib/cluster/workers/hub.js'
import { noEngine, startEngine } from '../../fixtures/cluster-engines.js'

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
const size = { seed, users: 6, calls: 900, atOnce: 3, cutEveryMs: 40 }

for (const name of ['workers', 'redis', 'nats'] as const) {
  t.test(
    `with ${name}, calls run once while connections are cut and nodes die`,
    { skip: noEngine[name]() },
    async (t) => {
      t.comment(`SEED=${seed}`)
      const { address } = await startEngine(t, name)
      const env = { CLUSTER_ENGINE: name, CLUSTER_URL: address, [hubVariable]: address }
      const report = await storm({ ...size, env, nodes: 3, killEveryMs: 400 })
      t.comment(JSON.stringify(report))
      t.ok(isKept(report), JSON.stringify(report))
      t.equal(report.calls, 900)
      t.ok(report.kills > 0)
    }
  )
}
