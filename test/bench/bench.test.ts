import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Result } from '../../bench/lib/results.js'

const runner = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))

async function bench(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  // The loader that runs this test runs the benchmark and its servers, too.
  const child = spawn(process.execPath, [...process.execArgv, runner, ...args])
  const exited = once(child, 'exit')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [status] = (await exited) as [number]
  return { status, stdout, stderr }
}

t.test('a short run answers each question for us and for its floor', async (t) => {
  const file = join(t.testdir(), 'results.json')
  const short = ['--quick', '--rounds', '1', '--seconds', '0.05', '--warmup', '0.05', '--json', file]
  const { status, stdout, stderr } = await bench(...short)
  t.equal(status, 0, stderr)
  const results = JSON.parse(await readFile(file, 'utf8')) as Result[]
  t.strictSame(
    results.map(({ name }) => name),
    ['hook-websocket', 'hook-datachannel']
  )
  for (const { title, cases } of results) {
    t.match(stdout, title)
    for (const { clients, inFlight, rounds } of cases) {
      t.equal(rounds.length, 1)
      for (const sample of rounds.flatMap(({ ours, floor }) => [ours, floor])) {
        t.ok(sample.operations >= clients * inFlight, 'every client was answered')
        t.ok(sample.cpuUs > 0 && sample.p50Ms > 0 && sample.rssMiB > 0)
        t.ok(sample.p50Ms <= sample.p99Ms && sample.p99Ms <= sample.p999Ms)
      }
    }
  }
})

t.test('an unknown question is named, and nothing is measured', async (t) => {
  const { status, stdout, stderr } = await bench('--only', 'nothing')
  t.equal(status, 1)
  t.equal(stdout, '')
  t.equal(stderr, '--only nothing: there are hook-websocket, hook-datachannel\n')
})
