import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Files and sockets that this process may have open, and those it starts; undefined where that is not known. */
export function fileLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}

/**
 * Whether so many files may be open. A limit that is lower is raised where this process has the right to
 * (Linux, as root): Node.js itself has raised it as far as others may.
 */
export function mayOpen(files: number): boolean {
  const limit = fileLimit()
  if (limit === undefined || limit >= files) return true
  try {
    const raised = [`--pid=${process.pid}`, `--nofile=${files}:${files}`]
    execFileSync('prlimit', raised, { stdio: 'ignore' })
  } catch {
    return false
  }
  return (fileLimit() ?? 0) >= files
}
