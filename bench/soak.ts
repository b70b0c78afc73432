/**
 * `npm run soak`: a server in its own process under load, churn and faults for `--minutes` (30). Every few
 * seconds it is looked at, and at the end, when all clients are gone, held against what it was before.
 * Ends with status 1 when one of the criteria of the summary is not met.
 */
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Usage } from './lib/probe.js'
import { programUrl } from './lib/question.js'
import { ServerProcess } from './lib/server-process.js'
import { ClientProcess } from './soak/client-process.js'
import { type Faults, runFaults } from './soak/faults.js'
import type { SteadyReport } from './soak/steady.js'
import { type Sample, summarize } from './soak/summary.js'

const sampleMs = 10_000
const warmupMs = 15_000
/** The server closes a silent socket after 60 s; what clients left open is gone by then. */
const restLimitMs = 100_000

function minutesOf(argv: string[]): number {
  const { values } = parseArgs({ args: argv, options: { minutes: { type: 'string', default: '30' } } })
  const minutes = Number(values.minutes)
  if (!Number.isFinite(minutes) || minutes <= 0) throw new Error('--minutes must be a positive number')
  return minutes
}

/** Everybody comes for a while, and leaves. */
async function load(server: ServerProcess, ms: number, onSample: (sample: Sample) => void): Promise<Faults> {
  const url = `${server.url}/bench`
  const stop = new AbortController()
  const steady = await ClientProcess.start('steady', url)
  const hostile = await ClientProcess.start('hostile', url)
  const faults = runFaults(url, stop.signal)
  faults.catch(() => stop.abort())
  try {
    const end = performance.now() + ms
    while (performance.now() < end && !stop.signal.aborted) {
      await setTimeout(Math.min(sampleMs, Math.max(0, end - performance.now())))
      onSample({ usage: await server.usage(), steady: await steady.report<SteadyReport>() })
    }
  } finally {
    stop.abort()
    await Promise.all([steady.kill(), hostile.kill()])
  }
  return faults
}

/** What the server uses once its clients are gone: when files and threads are back at `goal`, or after some time. */
async function atRest(server: ServerProcess, goal?: Usage): Promise<Usage> {
  const end = performance.now() + restLimitMs
  let before = await server.usage()
  for (;;) {
    await setTimeout(2000)
    const now = await server.usage()
    const isSteady = now.files === before.files && now.threads === before.threads
    const isBack = goal === undefined || (now.files <= goal.files && now.threads <= goal.threads)
    if ((isSteady && isBack) || performance.now() > end) return now
    before = now
  }
}

async function soak(minutes: number): Promise<boolean> {
  const server = await ServerProcess.start(programUrl('soak/server'))
  const samples: Sample[] = []
  const show = (sample: Sample): void => {
    samples.push(sample)
    const { usage, steady } = sample
    const mib = (usage.rssBytes / 2 ** 20).toFixed(0)
    process.stderr.write(
      `${mib} MiB, ${usage.threads} threads, ${usage.files} files; ` +
        `${steady.calls} calls, p99 ${steady.p99Ms.toFixed(1)} ms, ${steady.failures} failed\n`
    )
  }
  let exitStatus: number | null = null
  try {
    process.stderr.write('warming up\n')
    await load(server, warmupMs, () => {})
    // Frozen clients of the warm-up were killed with it, so this is soon.
    const before = await atRest(server)
    process.stderr.write(`soaking for ${minutes} min\n`)
    const faults = await load(server, minutes * 60_000, show)
    process.stderr.write('waiting for the end of what clients left behind\n')
    const after = await atRest(server, before)
    exitStatus = await server.stop()
    const { text, isClean } = summarize({ minutes, before, after, samples, faults, exitStatus })
    process.stdout.write(`${text}\n`)
    return isClean
  } finally {
    if (exitStatus === null) await server.stop()
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

try {
  if (!(await soak(minutesOf(process.argv.slice(2))))) process.exitCode = 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
