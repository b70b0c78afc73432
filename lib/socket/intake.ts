import type { Backlog } from '../limits/backlog.js'
import type { Turns } from '../limits/turns.js'
import type { Transport } from '../transport/transport.js'
import { SocketInbox } from './inbox.js'

/** Whose frames they are: what an intake asks of its socket. */
export interface IntakeOwner {
  /** What waits on behalf of it. */
  readonly backlog: Backlog
  readonly turns: Turns
  /** Whether a join runs: what comes behind it waits. */
  readonly isJoining: boolean
  /** Handles a frame. Never throws. */
  take(data: Buffer, isBinary: boolean): void
  /** A frame that broke the protocol had its turn. */
  broken(code: number): void
  /** Nothing waits any more. */
  through(): void
}

/** What has come from the client of one socket, in its order, while a join holds it up. */
export class Intake {
  readonly #owner: IntakeOwner
  /** Most joins hold up nothing. */
  #inbox: SocketInbox | undefined
  #whenTaken: (() => void)[] | undefined
  #isWorking = false
  /** What comes now is put behind what waits, not handled. */
  #isCollecting = false

  constructor(owner: IntakeOwner) {
    this.#owner = owner
  }

  get isHeldUp(): boolean {
    return this.#owner.isJoining || this.#isCollecting || !this.isEmpty
  }

  get isEmpty(): boolean {
    return this.#inbox === undefined || this.#inbox.isEmpty
  }

  /** Keeps a frame; false when there is no room. */
  push(data: Buffer, isBinary: boolean): boolean {
    this.#inbox ??= new SocketInbox(this.#owner.backlog)
    return this.#inbox.push(data, isBinary)
  }

  /** Keeps the code to close with in the place of a frame that breaks the protocol. */
  pushBroken(code: number): void {
    this.#inbox ??= new SocketInbox(this.#owner.backlog)
    this.#inbox.pushBroken(code)
  }

  /** Takes what the transport still keeps, behind what waits. */
  collect(transport: Transport): void {
    this.#isCollecting = true
    transport.handOver?.()
    this.#isCollecting = false
    // The socket may have overflowed, and closed, meanwhile.
    if (!this.isHeldUp) this.#owner.through()
  }

  /** Works off what waits, unless a join runs; others have their turn in between. */
  work(): void {
    if (this.#isWorking) return
    this.#isWorking = true
    while (!this.#owner.isJoining && !this.isEmpty) {
      if (this.#owner.turns.isSpent) return this.#workLater()
      const next = this.#inbox?.shift()
      if (next?.code !== undefined) this.#owner.broken(next.code)
      else if (next !== undefined) this.#owner.take(next.data, next.isBinary)
    }
    this.#isWorking = false
    if (this.#owner.isJoining) return
    this.settle()
    this.#owner.through()
  }

  #workLater(): void {
    this.#owner.turns.later(() => {
      this.#isWorking = false
      this.work()
    })
  }

  /** Forgets what waits. */
  clear(): void {
    this.#inbox?.clear()
  }

  /** Resolves when nothing is held up any more, or at the end; undefined when nothing is. */
  taken(): Promise<void> | undefined {
    if (!this.isHeldUp) return undefined
    return new Promise((resolve) => {
      this.#whenTaken ??= []
      this.#whenTaken.push(resolve)
    })
  }

  /** Tells those who wait for {@link taken}. */
  settle(): void {
    if (this.#whenTaken === undefined) return
    const callbacks = this.#whenTaken
    this.#whenTaken = undefined
    for (const resolve of callbacks) resolve()
  }
}
