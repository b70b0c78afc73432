import type { Clock } from '../time/clock.js'
import { withinTime } from '../time/time-limit.js'
import type { LastWords } from './last-words.js'

/** How sockets are closed when the server shuts down (Phoenix.Socket, `drainer`). */
export interface DrainOptions {
  /**
   * Milliseconds between `app.phoenix.drain()`, from which on this node is not ready, and the first sockets that are
   * closed: load balancers find out meanwhile, and everything is served. Default 0.
   */
  delayMs: number
  /** Sockets that are closed together. Default 10,000. */
  batchSize: number
  /** Milliseconds between two batches, so that clients come back spread out. Default 2,000. */
  batchIntervalMs: number
  /** Milliseconds for all of it; what is open then is closed at once. Default 30,000, if the server waits that long. */
  shutdownMs: number
}

export const defaultDrainOptions: Readonly<DrainOptions> = Object.freeze({
  delayMs: 0,
  batchSize: 10_000,
  batchIntervalMs: 2_000,
  shutdownMs: 30_000
})

/** What can be drained: a socket. */
export interface Drainable {
  /** Lets what is under way come to its end, then closes. */
  drain(): Promise<void>
  /** Closes at once. */
  abort(): void
}

/**
 * Drains all of them, batch after batch; resolves when all are closed, and what they and those that had closed before
 * were still to do is done, or cut short.
 */
export async function drainAll(
  sockets: ReadonlySet<Drainable>,
  { batchSize, batchIntervalMs, shutdownMs }: Readonly<Omit<DrainOptions, 'delayMs'>>,
  clock: Clock,
  lastWords?: LastWords
): Promise<void> {
  const waiting = [...sockets]
  const draining: Promise<void>[] = []
  const end = clock.now() + shutdownMs
  while (waiting.length > 0) {
    for (const socket of waiting.splice(0, batchSize)) draining.push(socket.drain())
    const left = end - clock.now()
    if (waiting.length > 0) await sleep(Math.min(batchIntervalMs, left), clock)
    if (clock.now() >= end) break
  }
  const left = end - clock.now()
  if (left > 0) await withinTime(allDone(draining, lastWords), left, clock, { keepsProcess: true })
  for (const socket of [...sockets]) socket.abort()
  lastWords?.end()
}

async function allDone(draining: readonly Promise<void>[], lastWords: LastWords | undefined): Promise<void> {
  await Promise.all(draining)
  await lastWords?.idle()
}

function sleep(ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.setTimeout(resolve, Math.max(0, ms)))
}
