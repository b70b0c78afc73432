/**
 * Loaded into every server under load ahead of its own code (`node --import`), so that the server
 * itself is what users run. Answers the runner's question, over IPC, for what the process has used.
 */

/** What a server process has used since its start. */
export interface Usage {
  /** User and system time of all threads of the process, in microseconds. */
  cpuUs: number
  /** Resident memory now, in bytes. */
  rssBytes: number
}

process.on('message', (asked) => {
  // What nobody refers to any more is not what a client costs.
  if (asked === 'collected usage') globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  const usage: Usage = { cpuUs: user + system, rssBytes: process.memoryUsage.rss() }
  process.send?.(usage)
})
// A server whose runner was killed must not stay behind.
process.on('disconnect', () => process.exit(1))
// Listening for messages must not keep a server alive that has nothing else to do.
process.channel?.unref()
