import type { EndpointCounters } from '../endpoint/stats.js'
import type { Limits } from '../limits/limits.js'
import type { PlaceHolder } from '../limits/place-holder.js'
import type { UserBudget } from '../limits/user-budgets.js'
import type { Clock, Timer } from '../time/clock.js'
import { slowAbove } from '../transport/backlog-watch.js'
import { readSendQueues, type SendQueues } from '../transport/send-queues.js'
import type { Logger } from '../util/logger.js'

export interface SignOfLifeOptions {
  /** Whose sockets are asked. */
  readonly budget: UserBudget
  readonly clock: Clock
  readonly limits: Readonly<Limits>
  readonly log: Logger
  readonly stats: EndpointCounters
  /** Whether somebody still waits for a place; nothing is closed where nobody does. */
  isWanted(): boolean
  /** All have answered, or `closed` of them did not and are closed. Is not called once it was stopped. */
  over(closed: number): void
}

/** So many sockets are asked at a time: one client more must not be answered with hundreds of pings. */
const maxAsked = 16

/** The answers are looked at so often while they may come. */
const looks = 20

/** What the system has not sent yet is read so many times meanwhile. */
const readings = 4

/**
 * Asks the sockets of one user that were heard of least lately for a sign of life, and closes those that give none in
 * time. Nobody is closed who lives: two tabs would take the place from each other for ever.
 */
export class SignOfLife {
  readonly #options: SignOfLifeOptions
  readonly #asked: readonly PlaceHolder[]
  /** What the system has not sent yet, by inode: a question may be behind megabytes of it. */
  #queues: SendQueues = new Map()
  #queuesReadAt = Number.NEGATIVE_INFINITY
  /** Those whose clients take it. */
  readonly #reading = new Set<PlaceHolder>()
  readonly #end: number
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: SignOfLifeOptions) {
    this.#options = options
    this.#end = options.clock.now() + options.limits.signOfLifeMs
    this.#asked = leastHeardOf(options.budget)
    for (const { transport } of this.#asked) transport?.probe()
    void this.#readQueues()
    this.#lookLater()
  }

  /** Nobody is closed any more. */
  stop(): void {
    this.#isStopped = true
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #lookLater(): void {
    const { clock, limits } = this.#options
    const ms = Math.min(this.#end - clock.now(), limits.signOfLifeMs / looks)
    this.#timer = clock.setTimeout(() => this.#look(), Math.max(1, ms))
    this.#timer.unref()
  }

  #look(): void {
    const { clock, over, isWanted } = this.#options
    this.#timer = undefined
    const silent = this.#asked.filter((holder) => this.#isSilent(holder))
    if (silent.length === 0 || !isWanted()) return over(0)
    if (clock.now() < this.#end) {
      void this.#readQueues()
      return this.#lookLater()
    }
    for (const holder of silent) this.#close(holder)
    // The first of them may have made room for all who wait.
    if (!this.#isStopped) over(silent.length)
  }

  #isSilent(holder: PlaceHolder): boolean {
    return holder.isHeld && holder.transport?.isAlive === false && !this.#reading.has(holder)
  }

  /** Finds those whose clients have taken some of what they were sent. */
  async #readQueues(): Promise<void> {
    const { clock, limits } = this.#options
    if (clock.now() - this.#queuesReadAt < limits.signOfLifeMs / readings) return
    this.#queuesReadAt = clock.now()
    const inodes = new Map<string, PlaceHolder>()
    for (const holder of this.#asked) {
      const { inode } = holder.transport ?? {}
      if (inode !== undefined) inodes.set(inode, holder)
    }
    const queues = await readSendQueues([...inodes.keys()])
    for (const [inode, holder] of inodes) {
      const before = this.#queues.get(inode) ?? 0
      // Of less the system at the other end takes all, whether its client reads or not.
      if (before > slowAbove && Number(queues.get(inode)) < before) this.#reading.add(holder)
    }
    this.#queues = queues
  }

  #close(holder: PlaceHolder): void {
    const { log, stats } = this.#options
    stats.silentClosed++
    log.info(
      { transport: holder.transport?.name },
      'closing a socket that gave no sign of life for a new one'
    )
    holder.close()
  }
}

/** Those that are being opened are not asked: there is no connection yet. */
function leastHeardOf(budget: UserBudget): PlaceHolder[] {
  const holders: PlaceHolder[] = []
  for (let holder = budget.newestHolder; holder !== undefined; holder = holder.older) {
    if (holder.transport !== undefined) holders.push(holder)
  }
  const heard = ({ transport }: PlaceHolder): number => transport?.lastActivity ?? 0
  return holders.sort((a, b) => heard(a) - heard(b)).slice(0, maxAsked)
}
