/**
 * `npm run bench:storm`: how long clients wait for their DataChannel when many come together. Clients
 * have joined before; the time runs from the making of a client's peer until its DataChannel is open.
 * Ends with status 1 when a client hangs or fails, or the 99th percentile of all rounds misses its target.
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { keepCoresBusy } from './lib/busy.js'
import { inParallel } from './lib/parallel.js'
import { programUrl } from './lib/question.js'
import { ServerProcess } from './lib/server-process.js'
import { comeToPhoenix, storm } from './lib/storm.js'

interface Storm {
  name: string
  clients: number
  /** Milliseconds from one client to the next. */
  everyMs: number
  /** The 99th percentile that is to be held, in milliseconds. */
  targetMs: number
}

const storms: readonly Storm[] = [
  { name: '150 at once', clients: 150, everyMs: 0, targetMs: 600 },
  { name: '300, one every 10 ms', clients: 300, everyMs: 10, targetMs: 150 }
]

/** One round; returns how many clients did not get their DataChannel. */
async function round({ clients, everyMs }: Storm, url: string, times: RecordableHistogram): Promise<number> {
  const waiting = await inParallel(clients, (n) => comeToPhoenix(url, `storm${n}`))
  const { opened, failed } = await storm(waiting, everyMs, (ms) => times.record(Math.round(ms * 1e3)))
  for (const peer of opened) peer.close()
  await Promise.all(waiting.map((one) => one.leave()))
  return failed
}

async function measure(storm: Storm, rounds: number, busy: boolean): Promise<boolean> {
  const server = await ServerProcess.start(programUrl('serve'))
  const rest = busy ? keepCoresBusy() : () => {}
  const times = createHistogram()
  let failed = 0
  try {
    for (let i = 0; i < rounds; i++) failed += await round(storm, `${server.url}/bench`, times)
  } finally {
    rest()
    await server.stop()
  }
  const ms = (us: number): string => (us / 1e3).toFixed(0)
  const [p50, p99] = [times.percentile(50), times.percentile(99)]
  const ok = failed === 0 && p99 <= storm.targetMs * 1e3
  const cells = [
    `${storm.name}${busy ? ', all cores busy' : ''}`,
    times.count,
    failed,
    ms(p50),
    ms(times.percentile(95)),
    `${ms(p99)} (at most ${storm.targetMs})`,
    ms(times.max),
    ok ? 'yes' : 'NO'
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
  return ok
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    only: { type: 'string' },
    idle: { type: 'boolean', default: false }
  }
})
process.stdout.write(
  '| clients | opened | failed | p50, ms | p95, ms | p99, ms | max, ms | held |\n' +
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n'
)
for (const busy of values.idle ? [false] : [false, true]) {
  for (const storm of storms) {
    if (values.only !== undefined && values.only !== String(storm.clients)) continue
    if (!(await measure(storm, Number(values.rounds), busy))) process.exitCode = 1
  }
}
