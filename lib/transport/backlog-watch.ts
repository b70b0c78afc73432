import type { Limits } from '../limits/limits.js'
import type { QueuedMemory } from '../limits/queued-memory.js'
import type { Clock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'
import { readSendQueues } from './send-queues.js'

/** How much may wait for a client that does not read; see {@link Limits}. */
export type QueueLimits = Pick<Limits, 'queuedBytes' | 'queueStallMs' | 'queuedBytesMax' | 'queuedBytesTotal'>

/** A client for which something waits. */
export interface Backlogged {
  readonly limits: QueueLimits
  /** Bytes that wait for it now. */
  readonly waiting: number
  /** The inode of its socket, where it has one and the system tells. */
  readonly inode?: string | undefined
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
  /** When the system was asked last what it has not sent yet, and its answer. */
  sampledAt: number
  sendQueue: number | undefined
}

/** Bytes in the queue of a client above which it counts as slow, and state waits for it. */
export const slowAbove = 64 * 1024

/** Milliseconds between two looks. */
const lookMs = 50

/** A look that is later comes after the server itself stood still, and nobody could take anything. */
const mostLateMs = 3 * lookMs

/** Milliseconds that a client has to read before it is ended for the room that it takes. */
const roomGraceMs = 1000

/** How often the system is asked about a client in the time after which it would be ended. */
const samplesPerStall = 8

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
  /** The system is being asked. */
  #isSampling = false

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
    const sight = { stalledSince: undefined, askedSince: undefined, movedAt: 0 }
    this.#watched.set(client, { ...sight, sampledAt: this.#time, sendQueue: undefined })
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
      const due: [Backlogged, Sight][] = []
      for (const [client, sight] of this.#watched) {
        client.catchUp()
        const isOver = this.memory.isOver(client.limits)
        this.#lookAt(client, sight, isOver, now)
        if (isSampleDue(client, sight, isOver, now)) due.push([client, sight])
        lacksRoom ||= isOver
      }
      if (lacksRoom) this.#makeRoom(now)
      if (due.length > 0) void this.#sample(due)
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

  /** Asks the system about those of whom nothing else shows. */
  async #sample(due: readonly [Backlogged, Sight][]): Promise<void> {
    if (this.#isSampling) return
    // What waits for one socket may do so in two places.
    const sampled: [inode: string, Sight][] = []
    for (const [client, sight] of due) {
      sight.sampledAt = this.#time
      const { inode } = client
      if (inode !== undefined) sampled.push([inode, sight])
    }
    this.#isSampling = true
    const queues = await readSendQueues(sampled.map(([inode]) => inode))
    this.#isSampling = false
    for (const [inode, sight] of sampled) {
      const sendQueue = queues.get(inode)
      if (sendQueue !== undefined && sight.sendQueue !== undefined && sendQueue < sight.sendQueue) {
        sight.movedAt = this.#time
        if (sight.stalledSince !== undefined) sight.stalledSince = this.#time
      }
      sight.sendQueue = sendQueue
      sight.sampledAt = this.#time
    }
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

function isSampleDue({ limits }: Backlogged, sight: Sight, isOver: boolean, now: number): boolean {
  const { askedSince, movedAt, sampledAt } = sight
  if (askedSince === undefined) return false
  const lastsMs = isOver ? roomGraceMs : limits.queueStallMs
  return now - Math.max(movedAt, sampledAt) >= lastsMs / samplesPerStall
}
