import type { Case, Load, Question, Sample, Server, Subject } from './question.js'
import { ServerProcess } from './server-process.js'
import { within } from './within.js'
import type { Work } from './work.js'

/** How long and how often is measured. */
export interface Plan {
  /** Times that all servers are started anew. */
  launches: number
  /** Times that all are measured, in turn, for each launch. */
  rounds: number
  warmupMs: number
  roundMs: number
  /** What is enough for cases that no target hangs on; as the others without it. */
  withoutTarget?: { launches: number; rounds: number }
  /** Where V8's CPU profiles go, in a folder for each server; none are made without it. */
  profileDir?: string | undefined
  /** Whether each server is started in a session of its own, as a service manager does. */
  ownSessions?: boolean
}

/** What each subject did in one round, by its name. */
export type Round = Readonly<Record<string, Sample>>

/** A server that is measured, with its load. */
interface Running {
  readonly subject: Subject
  readonly server: Server
  load?: Load
}

/** The plan as the question, and the case of it, want it. */
export function planFor(question: Question, asked: Case, plan: Plan): Plan {
  const usual = asked.target === undefined ? { ...plan, ...plan.withoutTarget } : plan
  const {
    launches = usual.launches,
    rounds = usual.rounds,
    warmup = true
  } = { ...question.plan, ...asked.plan }
  return {
    ...plan,
    launches: Math.min(launches, usual.launches),
    rounds: Math.min(rounds, usual.rounds),
    warmupMs: warmup ? plan.warmupMs : 0
  }
}

/** All rounds of one case, in the order in which they were measured. */
export async function measureCase(question: Question, asked: Case, plan: Plan): Promise<Round[]> {
  const rounds: Round[] = []
  for (let i = 0; i < plan.launches; i++) {
    const subjects = question.subjects.map((_, at, all) => all[(at + i) % all.length] as Subject)
    rounds.push(...(await (asked.apart ? measureApart : measureLaunch)(subjects, asked, plan)))
  }
  return rounds
}

/** One server behind the other, for loads that are too large to be there side by side. */
async function measureApart(subjects: readonly Subject[], asked: Case, plan: Plan): Promise<Round[]> {
  const launches: Round[][] = []
  for (const subject of subjects) launches.push(await measureLaunch([subject], asked, plan))
  return Array.from({ length: plan.rounds }, (_, i) =>
    Object.assign({}, ...launches.map((rounds) => rounds[i]))
  )
}

/**
 * All servers run for the whole launch, each with its clients, and are loaded in turn: what slows the
 * machine down for a while then falls on all of them. Who begins changes from round to round, so that
 * none is always measured behind the same other.
 */
async function measureLaunch(subjects: readonly Subject[], asked: Case, plan: Plan): Promise<Round[]> {
  const running: Running[] = []
  try {
    const started: (Running | undefined)[] = []
    try {
      await collect(
        started,
        subjects.map((subject) => start(subject, asked, plan))
      )
    } finally {
      running.push(...started.filter((one) => one !== undefined))
    }
    for (const one of running) {
      one.load = await one.subject.open(`${one.server.url}${one.subject.mount}`, asked.size, one.server)
      if (plan.warmupMs > 0) await warmUp(one.load, plan.warmupMs)
    }
    const rounds: Round[] = []
    for (let i = 0; i < plan.rounds; i++) {
      const round: Record<string, Sample> = {}
      for (const [at] of running.entries()) {
        const one = running[(at + i) % running.length] as Required<Running>
        round[one.subject.name] = await measureRound(one, plan.roundMs)
      }
      rounds.push(round)
    }
    return rounds
  } finally {
    await Promise.all(running.map(stop))
  }
}

async function start(
  subject: Subject,
  { size }: Case,
  { profileDir, ownSessions }: Plan
): Promise<Running | undefined> {
  // Profiling slows a server down: all of them are profiled, or none is.
  const folder = profileDir && `${profileDir}/${subject.name}`
  if (subject.start !== undefined) {
    const server = await subject.start(size, folder)
    return server && { subject, server }
  }
  if (subject.program === undefined) return { subject, server: subject.running as Server }
  return { subject, server: await ServerProcess.start(subject.program, folder, {}, ownSessions) }
}

async function warmUp(load: Load, ms: number): Promise<void> {
  await load.prepare?.()
  await load.run(ms)
  await load.finish?.()
}

async function measureRound({ server, load }: Required<Running>, ms: number): Promise<Sample> {
  await load.prepare?.()
  const before = await server.usage()
  const work = await load.run(ms)
  const after = await server.usage()
  const found = await load.finish?.()
  const { operations } = work
  return {
    operations,
    perSecond: operations / work.seconds,
    ...(before && after && operations > 0 && { cpuUs: (after.cpuUs - before.cpuUs) / operations }),
    ...latencies(work),
    ...(after && { rssMiB: after.rssBytes / 2 ** 20 }),
    ...found
  }
}

/** A histogram with nothing in it says 0 of everything, which would pass for very fast. */
function latencies({ latency }: Work): Partial<Sample> {
  if (latency === undefined || latency.count === 0) return {}
  const ms = (percentile: number): number => latency.percentile(percentile) / 1e6
  return { p50Ms: ms(50), p99Ms: ms(99), p999Ms: ms(99.9) }
}

/** Clients that have not closed by then end with their server; ten thousand need a while. */
const closeLimitMs = 30_000

async function stop({ server, load }: Running): Promise<void> {
  try {
    await within(closeLimitMs, load?.close())
  } finally {
    await server.stop()
  }
}

/** Keeps what was opened even when something else could not be, so that it can be closed. */
async function collect<T>(opened: T[], attempts: Promise<T>[]): Promise<void> {
  for (const attempt of await Promise.allSettled(attempts)) {
    if (attempt.status === 'fulfilled') opened.push(attempt.value)
  }
  await Promise.all(attempts)
}
