import { createReadStream, readlinkSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** Where Linux tells of all connections: of each, what its peer has not acknowledged yet, and its inode. */
const tables = ['/proc/self/net/tcp', '/proc/self/net/tcp6']
const line = /^ *\d+: \S+ \S+ \S+ ([0-9A-F]{8}):\S+ \S+ \S+ +\d+ +\d+ (\d+) /

/** Bytes of a table that are taken in at once, so that many connections hold nobody up. */
const chunkBytes = 64 * 1024

/** Nothing is read for so many times as long as the last reading took: the tables are long where connections are many. */
const restTimes = 4

/** Bytes that the system has not got rid of yet, by the inode of the socket: the Send-Q of `ss`. */
export type SendQueues = ReadonlyMap<string, number>

/** A reading that has not begun: whoever asks meanwhile takes part. */
let next: { readonly inodes: Set<string>; readonly result: Promise<SendQueues> } | undefined
let rested: Promise<void> = Promise.resolve()

/** The inode of the socket behind a descriptor; undefined where the system does not tell. */
export function socketInode(fd: unknown): string | undefined {
  if (process.platform !== 'linux' || typeof fd !== 'number' || fd < 0) return undefined
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1]
  } catch {
    return undefined
  }
}

/**
 * What the system still has to send, or to be sure of, on sockets with these inodes; those that it does not tell of are
 * left out. It asks for more to send only when a third of a buffer of megabytes is free, so that of a slow client
 * nothing else shows for a long time. Never rejects.
 */
export function readSendQueues(inodes: readonly string[]): Promise<SendQueues> {
  if (inodes.length === 0) return Promise.resolve(new Map())
  next ??= planReading()
  for (const inode of inodes) next.inodes.add(inode)
  return next.result
}

function planReading(): { inodes: Set<string>; result: Promise<SendQueues> } {
  const inodes = new Set<string>()
  const result = rested.then(() => {
    next = undefined
    const since = performance.now()
    const reading = readTables(inodes)
    rested = reading.then(() => pause(restTimes * (performance.now() - since), undefined, { ref: false }))
    return reading
  })
  return { inodes, result }
}

async function readTables(inodes: ReadonlySet<string>): Promise<SendQueues> {
  const found = new Map<string, number>()
  for (const table of tables) {
    // A system without IPv6 has no table of it, and some have none at all.
    await readTable(table, inodes, found).catch(() => {})
  }
  return found
}

async function readTable(
  path: string,
  inodes: ReadonlySet<string>,
  found: Map<string, number>
): Promise<void> {
  let rest = ''
  for await (const chunk of createReadStream(path, { encoding: 'latin1', highWaterMark: chunkBytes })) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const each of lines) {
      const [, bytes = '', inode = ''] = line.exec(each) ?? []
      if (inodes.has(inode)) found.set(inode, Number.parseInt(bytes, 16))
    }
  }
}
