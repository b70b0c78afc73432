import t from 'tap'
import { describeEnvironment } from '../../bench/lib/environment.js'
import { measureCase } from '../../bench/lib/measure.js'
import { drawResult } from '../../bench/lib/picture.js'
import type { Question } from '../../bench/lib/question.js'
import { renderResult } from '../../bench/lib/report.js'
import { emptyResult } from '../../bench/lib/results.js'
import { broadcast } from '../../bench/questions/broadcast.js'
import { growth } from '../../bench/questions/growth.js'
import { hookDataChannel } from '../../bench/questions/hook-datachannel.js'
import { hookWebSocket } from '../../bench/questions/hook-websocket.js'
import { joinStorm } from '../../bench/questions/join-storm.js'
import { longRun } from '../../bench/questions/long-run.js'
import { presence } from '../../bench/questions/presence.js'

const plan = { launches: 1, rounds: 1, warmupMs: 20, roundMs: 20 }

/** Each question with a load so small that it says nothing, but goes the whole way. */
const small: readonly Question[] = [
  { ...hookWebSocket, cases: [{ name: 'small', size: { clients: 2, inFlight: 3, bytes: 16 } }] },
  { ...hookDataChannel, cases: [{ name: 'small', size: { clients: 2, inFlight: 3, bytes: 1024 } }] },
  { ...broadcast, cases: [{ name: 'small', size: { members: 3, bytes: 64 } }] },
  { ...joinStorm, cases: [{ name: 'small', size: { clients: 5 } }] },
  { ...presence, cases: [{ name: 'small', size: { members: 3, rooms: 2, joins: 2 } }] },
  { ...longRun, cases: [{ name: 'small', size: { clients: 2, inFlight: 2, bytes: 16 } }] },
  ...growth.cases.map((one) => ({
    ...growth,
    // The largest take their time to be filled.
    subjects: growth.subjects.filter(({ name }) => name === 'x 1' || name === 'x 10'),
    cases: [one]
  }))
]

for (const question of small) {
  const [asked] = question.cases
  if (asked === undefined) continue
  const names = question.subjects.map(({ name }) => name)
  t.test(`${question.name} (${asked.name}) puts the same load on ${names.join(', ')}`, async (t) => {
    const rounds = await measureCase(question, asked, plan)
    t.equal(rounds.length, 1)
    for (const name of names) {
      const sample = rounds[0]?.[name]
      t.ok(sample && sample.operations > 0 && Number(sample.cpuUs) > 0, name)
      for (const figure of question.figures) t.type(sample?.[figure], 'number', `${name}: ${figure}`)
    }
    const result = emptyResult(question, plan, describeEnvironment())
    result.cases.push({ name: asked.name, rounds })
    const table = renderResult(result)
    for (const name of names) t.match(table, `| ${name} |`)
    t.match(drawResult(result), /^<svg /)
  })
}
