/**
 * `npm run bench:once`: calls that run once, over connections that are cut at random moments, on all transports, on one
 * server and on three nodes of each engine, of which some die. What ran is counted by the application itself. Ends with
 * status 1 where a call ran twice, or was not answered.
 */
import { parseArgs } from 'node:util'
import { startCarrier } from './cluster/carrier.js'
import { isKept, type StormReport, storm } from './once/storm.js'

const engines = ['none', 'workers', 'redis', 'nats'] as const
type Engine = (typeof engines)[number]

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '10000' },
    users: { type: 'string', default: '30' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    'cut-ms': { type: 'string', default: '40' },
    'kill-ms': { type: 'string', default: '0' },
    engine: { type: 'string', multiple: true, default: [...engines] }
  }
})

function numberOf(name: 'calls' | 'users' | 'seed' | 'cut-ms' | 'kill-ms'): number {
  const number = Number(values[name])
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} must be a whole number`)
  return number
}

async function run(engine: Engine): Promise<StormReport> {
  const carrier = engine === 'none' ? undefined : await startCarrier(engine)
  try {
    return await storm({
      seed: numberOf('seed'),
      env: carrier?.env ?? {},
      nodes: carrier === undefined ? 1 : 3,
      users: numberOf('users'),
      calls: numberOf('calls'),
      atOnce: 4,
      cutEveryMs: numberOf('cut-ms'),
      killEveryMs: carrier === undefined ? 0 : numberOf('kill-ms')
    })
  } finally {
    await carrier?.end()
  }
}

process.stdout.write(`--seed=${numberOf('seed')}\n`)
let isFailed = false
for (const engine of engines.filter((each) => values.engine.includes(each))) {
  const found = await run(engine)
  const isRight = isKept(found)
  isFailed ||= !isRight
  process.stdout.write(`${isRight ? 'ok    ' : 'FAILED'} ${engine} ${JSON.stringify(found)}\n`)
}
// Peers of node-datachannel that were cut off linger.
process.exit(isFailed ? 1 : 0)
