import { closedLoop, type HookClient } from './closed-loop.js'
import { type Case, programUrl, type Question, type Subject, subjects } from './question.js'
import { ServerProcess } from './server-process.js'

/** How long and how often is measured. */
export interface Plan {
  /** Times that both servers are started anew. */
  launches: number
  /** Times that both are measured, in turn, for each launch. */
  rounds: number
  warmupMs: number
  roundMs: number
  /** Where V8's CPU profiles go, in a folder for each server; none are made without it. */
  profileDir?: string | undefined
}

/** What one round measured of one server. */
export interface Sample {
  operations: number
  perSecond: number
  /** CPU time of the server process, all of its threads, for each call. */
  cpuUs: number
  /** Share of the round that the server process kept a core busy; over 1 with several threads. */
  cores: number
  p50Ms: number
  p99Ms: number
  p999Ms: number
  rssMiB: number
}

export type Round = Readonly<Record<Subject, Sample>>

interface Running {
  server: ServerProcess
  clients: HookClient[]
}

async function measureRound({ server, clients }: Running, inFlight: number, ms: number): Promise<Sample> {
  const before = await server.usage()
  const { operations, seconds, latency } = await closedLoop(clients, inFlight, ms)
  const after = await server.usage()
  const cpuUs = after.cpuUs - before.cpuUs
  const percentileMs = (p: number): number => latency.percentile(p) / 1e6
  return {
    operations,
    perSecond: operations / seconds,
    cpuUs: cpuUs / operations,
    cores: cpuUs / (seconds * 1e6),
    p50Ms: percentileMs(50),
    p99Ms: percentileMs(99),
    p999Ms: percentileMs(99.9),
    rssMiB: after.rssBytes / 2 ** 20
  }
}

/** Keeps what was opened even when something else could not be, so that it can be closed. */
async function collect<T>(opened: T[], attempts: Promise<T>[]): Promise<void> {
  for (const attempt of await Promise.allSettled(attempts)) {
    if (attempt.status === 'fulfilled') opened.push(attempt.value)
  }
  await Promise.all(attempts)
}

async function start(question: Question, subject: Subject, plan: Plan): Promise<Running> {
  const program = subject === 'ours' ? programUrl('serve') : question.floorProgram
  // Profiling slows a server down: both of a pair are profiled, or none is.
  const profileDir = plan.profileDir && `${plan.profileDir}/${subject}`
  const server = await ServerProcess.start(program, profileDir)
  return { server, clients: [] }
}

function connect(question: Question, count: number, { server, clients }: Running): Promise<void> {
  const users = Array.from({ length: count }, (_, i) => `bench${i + 1}`)
  return collect(
    clients,
    users.map((userId) => question.connect(`${server.url}/bench`, userId))
  )
}

async function stop({ server, clients }: Running): Promise<void> {
  for (const client of clients) client.close()
  await server.stop()
}

/**
 * Both servers run for the whole launch, each with its clients, and are loaded in turn: what slows the
 * machine down for a while then falls on both of a pair.
 */
async function measureLaunch(question: Question, { clients, inFlight }: Case, plan: Plan): Promise<Round[]> {
  const running: Running[] = []
  try {
    await collect(
      running,
      subjects.map((subject) => start(question, subject, plan))
    )
    const [ours, floor] = running as [Running, Running]
    for (const subject of [ours, floor]) {
      await connect(question, clients, subject)
      await closedLoop(subject.clients, inFlight, plan.warmupMs)
    }
    const rounds: Round[] = []
    for (let i = 0; i < plan.rounds; i++) {
      rounds.push({
        ours: await measureRound(ours, inFlight, plan.roundMs),
        floor: await measureRound(floor, inFlight, plan.roundMs)
      })
    }
    return rounds
  } finally {
    await Promise.all(running.map(stop))
  }
}

/** All rounds of one case, in the order in which they were measured. */
export async function measureCase(question: Question, asked: Case, plan: Plan): Promise<Round[]> {
  const rounds: Round[] = []
  for (let i = 0; i < plan.launches; i++) rounds.push(...(await measureLaunch(question, asked, plan)))
  return rounds
}
