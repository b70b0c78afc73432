import { readdirSync, readFileSync } from 'node:fs'
import type { Usage } from './probe.js'
import type { Question, Server, Subject } from './question.js'

/** Clock ticks a second of /proc (USER_HZ), which is the same on all Linux machines. */
const ticksPerSecond = 100
const pageBytes = 4096

/**
 * A server that somebody else has started, such as a real Phoenix. Its CPU time and memory are known
 * when it runs on this machine and its process id is given (Linux); a tick of its CPU time is 10 ms.
 */
export function runningServer(pid: number | undefined): Server {
  return {
    url: '',
    usage: async () => (pid === undefined ? undefined : usageOf(pid)),
    stop: async () => {}
  }
}

function usageOf(pid: number): Usage {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name of the program, in parentheses, may hold anything; behind it the third field follows.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [user, system, pages] = [fields[11], fields[12], fields[21]].map(Number) as [number, number, number]
  return {
    cpuUs: ((user + system) / ticksPerSecond) * 1e6,
    rssBytes: pages * pageBytes,
    threads: readdirSync(`/proc/${pid}/task`).length,
    files: readdirSync(`/proc/${pid}/fd`).length
  }
}

/** What a target is called, and what it is. */
export interface TargetLabel {
  readonly name?: string | undefined
  readonly what?: string | undefined
}

/** The question, with the server at `url` beside ours and the floor; it gets the same load as ours. */
export function withTarget(
  question: Question,
  url: string,
  server: Server,
  label: TargetLabel = {}
): Question {
  const [own, floor] = question.subjects as [Subject, Subject]
  const { name = 'target', what = `the server at ${url}` } = label
  const target = { name, what, running: server, mount: url, open: own.open }
  return { ...question, subjects: [own, floor, target] }
}

/**
 * Whether Linux schedules that process in another group than this one, as it does with one of another session. It is
 * then woken up for every message, and takes more CPU time for each than a server that the runner starts.
 */
export function isScheduledApart(pid: number): boolean {
  try {
    if (readFileSync('/proc/sys/kernel/sched_autogroup_enabled', 'utf8').trim() !== '1') return false
    return groupOf(`${pid}`) !== groupOf('self')
  } catch {
    // Another system, or a kernel without such groups.
    return false
  }
}

/** As `/autogroup-71`, without its priority. */
function groupOf(pid: string): string | undefined {
  return readFileSync(`/proc/${pid}/autogroup`, 'utf8').split(' ')[0]
}
