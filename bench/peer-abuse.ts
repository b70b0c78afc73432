/**
 * `npm run bench:abuse`: what well-behaved clients feel of hostile ones. In turn, for `--rounds` rounds, the
 * steady clients of the soak are alone, and share the server with clients who send garbage and floods.
 */
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { programUrl } from './lib/question.js'
import { ServerProcess } from './lib/server-process.js'
import { spread } from './lib/statistics.js'
import { ClientProcess } from './soak/client-process.js'
import type { SteadyReport } from './soak/steady.js'

const roundMs = 5000

/** What the steady clients see in one round. */
async function listen(steady: ClientProcess): Promise<SteadyReport> {
  await steady.report()
  await setTimeout(roundMs)
  return steady.report<SteadyReport>()
}

function show(name: string, reports: SteadyReport[]): void {
  const of = (values: number[]): string => {
    const { median, min, max } = spread(values)
    return `${median.toFixed(1)} (${min.toFixed(1)} to ${max.toFixed(1)})`
  }
  const cells = [
    name,
    reports.reduce((sum, { calls }) => sum + calls, 0),
    reports.reduce((sum, { failures }) => sum + failures, 0),
    of(reports.map(({ p50Ms }) => p50Ms)),
    of(reports.map(({ p99Ms }) => p99Ms)),
    of(reports.map(({ maxMs }) => maxMs))
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' } } })
const server = await ServerProcess.start(programUrl('soak/server'))
const url = `${server.url}/bench`
const alone: SteadyReport[] = []
const attacked: SteadyReport[] = []
const steady = await ClientProcess.start('steady', url)
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    alone.push(await listen(steady))
    const hostile = await ClientProcess.start('hostile', url)
    attacked.push(await listen(steady))
    await hostile.kill()
  }
} finally {
  await steady.kill()
  await server.stop()
}
process.stdout.write(
  '| steady clients | calls | failed | p50, ms | p99, ms | longest, ms |\n| --- | ---: | ---: | ---: | ---: | ---: |\n'
)
show('alone', alone)
show('beside hostile clients', attacked)
if ([...alone, ...attacked].some(({ failures }) => failures > 0)) process.exitCode = 1
