import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { programUrl } from '../lib/question.js'
import { ServerProcess } from '../lib/server-process.js'
import { Caller, type Tally, transports } from './callers.js'
import { CuttingProxy } from './cutting-proxy.js'
import { randomOf } from './random.js'

export interface StormOptions {
  readonly seed: number
  /** What nodes find their engine with; nothing for a server by itself. */
  readonly env?: Readonly<Record<string, string>>
  readonly nodes: number
  readonly users: number
  /** Calls of all users together. */
  readonly calls: number
  /** Calls that each user makes at once. */
  readonly atOnce: number
  /** Milliseconds from one cut to the next. */
  readonly cutEveryMs: number
  /** Milliseconds from the end of one node to that of the next; 0 lets all live. */
  readonly killEveryMs: number
}

/** What came of it. */
export interface StormReport {
  readonly calls: number
  /** Calls that ran, by the count of the application. */
  readonly ran: number
  /** Those that ran more than once. */
  readonly twice: string[]
  readonly answered: number
  /** Answered, and did not run. */
  readonly made: string[]
  readonly unknown: number
  readonly failed: Tally['failed']
  readonly cuts: number
  readonly kills: number
  readonly seconds: number
}

/** Milliseconds that a dead node stays away. */
const awayMs = 500

/** Calls that run once, over connections that are cut at random moments, while nodes die. */
export async function storm(options: StormOptions): Promise<StormReport> {
  const { seed, env = {}, nodes, users, calls, atOnce, cutEveryMs, killEveryMs } = options
  const random = randomOf(seed)
  const folder = mkdtempSync(join(tmpdir(), 'phx-once-'))
  const runsFile = join(folder, 'runs')
  writeFileSync(runsFile, '')
  const servers: (ServerProcess | undefined)[] = []
  const start = async (number: number): Promise<void> => {
    servers[number] = await ServerProcess.start(programUrl('once/node'), undefined, {
      ...env,
      RUNS_FILE: runsFile
    })
  }
  for (let number = 0; number < nodes; number++) await start(number)
  const pick = <Value>(values: readonly Value[]): Value | undefined =>
    values[Math.floor(random() * values.length)]
  const proxy = await CuttingProxy.start(() => {
    const server = pick(servers.filter((each) => each !== undefined))
    return server === undefined ? undefined : Number(new URL(server.url).port)
  })
  const callers = Array.from(
    { length: users },
    (_, i) => new Caller(proxy.port, `user${i}`, transports[i % transports.length] ?? 'websocket', random)
  )
  const cutting = setInterval(() => {
    if (random() < 0.7) proxy.cut(random)
    else pick(callers)?.reopen()
  }, cutEveryMs)
  let isOver = false
  let kills = 0
  const killing = (async () => {
    while (killEveryMs > 0 && !isOver) {
      await pause(killEveryMs)
      const number = Math.floor(random() * nodes)
      const server = servers[number]
      if (isOver || server === undefined) continue
      servers[number] = undefined
      await server.kill()
      kills++
      await pause(awayMs)
      await start(number)
    }
  })()
  const began = performance.now()
  try {
    await Promise.all(callers.map((caller) => caller.callAll(Math.ceil(calls / users), atOnce)))
    const seconds = (performance.now() - began) / 1000
    return report(callers, runsIn(runsFile), { cuts: proxy.cuts, kills, seconds })
  } finally {
    isOver = true
    clearInterval(cutting)
    for (const caller of callers) caller.close()
    await killing
    await Promise.all(servers.map((server) => server?.stop()))
    await proxy.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Whether all ran once and were answered; where nodes died, some may be unknown. */
export function isKept({ calls, ran, twice, made, answered, unknown, failed, kills }: StormReport): boolean {
  const isOnce = twice.length === 0 && made.length === 0 && failed.length === 0
  return isOnce && answered + unknown === calls && ran >= answered && (kills > 0 || unknown === 0)
}

function runsIn(file: string): Map<string, number> {
  const runs = new Map<string, number>()
  for (const name of readFileSync(file, 'utf8').split('\n'))
    if (name !== '') runs.set(name, (runs.get(name) ?? 0) + 1)
  return runs
}

function report(
  callers: readonly Caller[],
  runs: ReadonlyMap<string, number>,
  counts: Pick<StormReport, 'cuts' | 'kills' | 'seconds'>
): StormReport {
  const answered = callers.flatMap(({ tally }) => tally.answered)
  const unknown = callers.flatMap(({ tally }) => tally.unknown).length
  const failed = callers.flatMap(({ tally }) => tally.failed)
  return {
    calls: answered.length + unknown + failed.length,
    ran: runs.size,
    twice: [...runs].filter(([, count]) => count > 1).map(([name]) => name),
    answered: answered.length,
    made: answered.filter((name) => !runs.has(name)),
    unknown,
    failed,
    ...counts
  }
}
