import type { Limits } from '../limits/limits.js'
import type { QueuedMemory } from '../limits/queued-memory.js'
import type { Clock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'

/** How much may wait for a client that does not read; see {@link Limits}. */
export type QueueLimits = Pick<Limits, 'queuedBytes' | 'queueStallMs' | 'queuedBytesMax' | 'queuedBytesTotal'>

/** A client for which something waits. */
export interface Backlogged {
  readonly limits: QueueLimits
  /** Bytes that wait for it now. */
  readonly waiting: number
  /** Sends what it can by now. */
  catchUp(): void
  /** Whether any of it has left since this was asked last. */
  hasMoved(): boolean
  /** Ends it: it is too slow. */
  cutOff(why: string): void
}

/** What the watch has seen of one. */
interface Sight {
  /** Since when more waits than may, and nothing leaves. */
  stalledSince: number | undefined
  /** Since when it is asked whether anything leaves, and when the answer was yes last. */
  askedSince: number | undefined
  movedAt: number
}

/** Milliseconds between two looks. */
const lookMs = 50

/** A look that is later comes after the server itself stood still, and nobody could take anything. */
const mostLateMs = 3 * lookMs

/** Milliseconds that a client has to read before it is ended for the room that it takes. */
const roomGraceMs = 1000

/**
 * Finds the clients that do not read what waits for them. One timer watches all of them, and runs only
 * while there are any: whoever reads as quickly as it is sent to is not among them.
 */
export class BacklogWatch {
  /** What waits for all clients together. */
  readonly memory: QueuedMemory
  readonly #watched = new Map<Backlogged, Sight>()
  readonly #timer: LookTimer
  /** Milliseconds in which clients could have read. */
  #time = 0

  constructor(clock: Clock, memory: QueuedMemory) {
    this.#timer = new LookTimer(clock, (lateMs) => this.#look(lateMs))
    this.memory = memory
  }

  /** For how many clients something waits. */
  get size(): number {
    return this.#watched.size
  }

  /** Begins to watch; nothing happens where it does so already. */
  add(client: Backlogged): void {
    if (this.#watched.has(client)) return
    this.#watched.set(client, { stalledSince: undefined, askedSince: undefined, movedAt: 0 })
    if (!this.#timer.isRunning) this.#timer.start(lookMs)
  }

  delete(client: Backlogged): void {
    if (this.#watched.delete(client) && this.#watched.size === 0) this.#timer.stop()
  }

  #look(lateMs: number): void {
    this.#time += lookMs + Math.min(lateMs, mostLateMs)
    const now = this.#time
    try {
      let lacksRoom = false
      for (const [client, sight] of this.#watched) {
        client.catchUp()
        const isOver = this.memory.isOver(client.limits)
        this.#lookAt(client, sight, isOver, now)
        lacksRoom ||= isOver
      }
      if (lacksRoom) this.#makeRoom(now)
    } finally {
      // Also where one failed: it must not hide the others.
      if (!this.#timer.isRunning && this.#watched.size > 0) this.#timer.start(lookMs)
    }
  }

  #lookAt(client: Backlogged, sight: Sight, isOver: boolean, now: number): void {
    const { queuedBytes, queueStallMs } = client.limits
    const isBehind = queuedBytes > 0 && queueStallMs > 0 && client.waiting > queuedBytes
    if (!isBehind) sight.stalledSince = undefined
    if (!isBehind && !isOver) {
      sight.askedSince = undefined
      return
    }
    const hasMoved = client.hasMoved() || sight.askedSince === undefined
    sight.askedSince ??= now
    if (hasMoved) sight.movedAt = now
    if (!isBehind) return
    if (hasMoved) sight.stalledSince = now
    else sight.stalledSince ??= now
    if (now - sight.stalledSince >= queueStallMs) client.cutOff('its client does not read')
  }

  /** Ends those furthest behind: first who reads nothing at all, and among equals who has the most to read. */
  #makeRoom(now: number): void {
    const isLate = (since: number): boolean => now - since >= roomGraceMs
    const candidates = [...this.#watched]
      .filter(([, { askedSince }]) => askedSince !== undefined && isLate(askedSince))
      .map(([client, { movedAt }]) => ({ client, reads: !isLate(movedAt), waiting: client.waiting }))
      .sort((a, b) => Number(a.reads) - Number(b.reads) || b.waiting - a.waiting)
    for (const { client } of candidates) {
      if (this.memory.isOver(client.limits)) client.cutOff('too much waits for all clients together')
    }
  }
}
