/**
 * Loaded into every server under load ahead of its own code (`node --import`), so that the server
 * itself is what users run. Answers the runner's questions, over IPC, for what the process has used.
 */
import { readdirSync } from 'node:fs'
import { TurnWatch } from './turn-watch.js'

/** What a server process has used since its start. */
export interface Usage {
  /** User and system time of all threads of the process, in microseconds. */
  cpuUs: number
  /** Resident memory now, in bytes. */
  rssBytes: number
  /** Threads of the process now. */
  threads: number
  /** Files and sockets that are open now. */
  files: number
}

/** Entries of a folder that Linux keeps of this process; 0 where there is none. */
function countOf(folder: 'task' | 'fd'): number {
  try {
    return readdirSync(`/proc/self/${folder}`).length
  } catch {
    return 0
  }
}

let turns: TurnWatch | undefined

process.on('message', (asked) => {
  if (asked === 'longest turn') {
    // Only for those who ask: looking costs a little.
    turns ??= new TurnWatch()
    process.send?.(turns.takeLongest())
    return
  }
  // What nobody refers to any more is not what a client costs.
  if (asked === 'collected usage') globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  const usage: Usage = {
    cpuUs: user + system,
    rssBytes: process.memoryUsage.rss(),
    threads: countOf('task'),
    files: countOf('fd')
  }
  process.send?.(usage)
})
// A server whose runner was killed must not stay behind.
process.on('disconnect', () => process.exit(1))
// Listening for messages must not keep a server alive that has nothing else to do.
process.channel?.unref()
