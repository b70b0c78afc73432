/**
 * `npm run bench:abuse`: what well-behaved clients feel of hostile ones. In turn, for `--rounds` rounds, the
 * steady clients of the soak are alone on this machine; share it, but not their server, with clients
 * who send garbage and floods; and share their server with them.
 */
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { programUrl } from './lib/question.js'
import { ServerProcess } from './lib/server-process.js'
import { spread } from './lib/statistics.js'
import { ClientProcess } from './soak/client-process.js'
import type { SteadyReport } from './soak/steady.js'

interface Round extends SteadyReport {
  /** Milliseconds of CPU time that the server spent, at the longest, on one thing. */
  longestTurnMs: number
}

const roundMs = 5000

/** What the steady clients see in one round. */
async function listen(steady: ClientProcess, server: ServerProcess): Promise<Round> {
  await steady.report()
  await server.longestTurn()
  await setTimeout(roundMs)
  return { ...(await steady.report<SteadyReport>()), longestTurnMs: await server.longestTurn() }
}

function show(name: string, rounds: Round[]): void {
  const of = (key: 'p50Ms' | 'p99Ms' | 'maxMs' | 'longestTurnMs'): string => {
    const { median, min, max } = spread(rounds.map((round) => round[key]))
    return `${median.toFixed(1)} (${min.toFixed(1)} to ${max.toFixed(1)})`
  }
  const sum = (key: 'calls' | 'failures'): number => rounds.reduce((total, round) => total + round[key], 0)
  const cells = [
    name,
    sum('calls'),
    sum('failures'),
    of('p50Ms'),
    of('p99Ms'),
    of('maxMs'),
    of('longestTurnMs')
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' } } })
const soakServer = programUrl('soak/server')
const server = await ServerProcess.start(soakServer)
const other = await ServerProcess.start(soakServer)
const alone: Round[] = []
const beside: Round[] = []
const attacked: Round[] = []
const steady = await ClientProcess.start('steady', `${server.url}/bench`)
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    alone.push(await listen(steady, server))
    for (const [target, rounds] of [
      [other, beside],
      [server, attacked]
    ] as const) {
      const hostile = await ClientProcess.start('hostile', `${target.url}/bench`)
      rounds.push(await listen(steady, server))
      await hostile.kill()
    }
  }
} finally {
  await steady.kill()
  await server.stop()
  await other.stop()
}
process.stdout.write(
  '| steady clients | calls | failed | p50, ms | p99, ms | longest, ms | longest turn of the server, ms CPU |\n' +
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n'
)
show('alone', alone)
show('hostile clients on another server', beside)
show('hostile clients on their server', attacked)
if ([...alone, ...beside, ...attacked].some(({ failures }) => failures > 0)) process.exitCode = 1
