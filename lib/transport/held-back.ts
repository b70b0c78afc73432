import type { QueuedMemory } from '../limits/queued-memory.js'
import type { Backlogged, BacklogWatch, QueueLimits } from './backlog-watch.js'
import { WriteProgress, type WrittenTo } from './write-progress.js'

/** Whose client it waits for: a transport. */
export interface HeldBackOwner {
  /** Bytes that wait in the transport itself. */
  readonly waiting: number
  /** Ends the client: it is too slow. */
  cutOff(why: string): void
}

/**
 * What is not handed to the transport of one client before that has read more of what it was. It counts as waiting for
 * the client, which is judged by what it reads, as everywhere.
 */
export class HeldBack implements Backlogged {
  readonly limits: QueueLimits
  readonly #owner: HeldBackOwner
  readonly #backlogs: BacklogWatch
  readonly #memory: QueuedMemory
  readonly #progress: WriteProgress
  readonly #held = new Map<object, number>()
  #bytes = 0
  #hasEnded = false

  /** @param sent shows what has left */
  constructor(
    owner: HeldBackOwner,
    { backlogs, limits }: { readonly backlogs: BacklogWatch; readonly limits: QueueLimits },
    sent: WrittenTo
  ) {
    this.limits = limits
    this.#owner = owner
    this.#backlogs = backlogs
    this.#memory = backlogs.memory
    this.#progress = new WriteProgress(sent)
  }

  get waiting(): number {
    return this.#owner.waiting + this.#bytes
  }

  /** Clients that wait for the same one share it. */
  add(held: object, bytes: number): void {
    if (this.#hasEnded || this.#held.has(held)) return
    this.#held.set(held, bytes)
    this.#bytes += bytes
    this.#memory.hold(held, bytes)
    this.#backlogs.add(this)
  }

  delete(held: object): void {
    const bytes = this.#held.get(held)
    if (bytes === undefined) return
    this.#held.delete(held)
    this.#bytes -= bytes
    this.#memory.letGo(held, bytes)
    if (this.#held.size === 0) this.#backlogs.delete(this)
  }

  /** Nobody is there to get it. */
  end(): void {
    this.#hasEnded = true
    for (const held of [...this.#held.keys()]) this.delete(held)
  }

  // What the watch wants.

  get inode(): string | undefined {
    return this.#progress.inode
  }

  catchUp(): void {}

  /** Who has taken all that it was given waits for the server. */
  hasMoved(): boolean {
    return this.#progress.hasMoved() || this.#owner.waiting === 0
  }

  cutOff(why: string): void {
    this.#owner.cutOff(why)
  }
}
