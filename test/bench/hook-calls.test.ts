import t from 'tap'
import { describeEnvironment } from '../../bench/lib/environment.js'
import { measureCase } from '../../bench/lib/measure.js'
import { renderResult } from '../../bench/lib/report.js'
import { hookDataChannel } from '../../bench/questions/hook-datachannel.js'
import { hookWebSocket } from '../../bench/questions/hook-websocket.js'

const plan = { launches: 1, rounds: 1, warmupMs: 20, roundMs: 20 }
const asked = { clients: 2, inFlight: 3 }

for (const question of [hookWebSocket, hookDataChannel]) {
  t.test(`${question.name} measures us and the floor under the same load`, async (t) => {
    const rounds = await measureCase(question, asked, plan)
    t.equal(rounds.length, 1)
    for (const sample of rounds.flatMap(({ ours, floor }) => [ours, floor])) {
      t.ok(sample.operations >= asked.clients * asked.inFlight, 'every call was answered')
      t.ok(sample.cpuUs > 0 && sample.p50Ms > 0 && sample.rssMiB > 0)
      t.ok(sample.p50Ms <= sample.p99Ms && sample.p99Ms <= sample.p999Ms)
    }
    const { name, title, floor } = question
    const environment = describeEnvironment()
    const table = renderResult({ name, title, floor, environment, plan, cases: [{ ...asked, rounds }] })
    t.equal(table.match(/^\| 2 x 3 \| (ours|floor|ratio) \|/gm)?.length, 3)
  })
}
