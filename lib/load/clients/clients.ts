// The room of the load tool's clients: how they connect, to which server and from which address, join, open peers
// and call.
import type { Clock } from '../../time/clock.js'
import { Reasons } from '../measure/reasons.js'
import { Attempts } from './attempts.js'
import { inParallel } from './in-parallel.js'

/** Somebody who was connected by a load. */
export interface Client {
  /** False once it was lost. */
  readonly isOpen: boolean
  /** Why it was lost; undefined for one that is open. */
  readonly lostReason: string | undefined
  /** Sends what keeps an idle client connected. */
  ping(): void
  /** Resolves when the connection is closed. */
  close(): Promise<void>
}

/** What is known of the clients of a load, whatever they do. */
export interface Crowd {
  /** Clients that have come, those that were lost later among them. */
  readonly connected: number
  readonly lost: number
  /** Why clients could not connect. */
  readonly errors: Reasons
  /** Why clients were lost. */
  readonly lostReasons: Reasons
  /** Keeps those connected who say nothing. */
  ping(): void
  close(): Promise<void>
}

/** Over which time how many clients connect. */
export interface CrowdSize {
  readonly clients: number
  readonly rampUpMs: number
}

/** Clients that connect ahead of a load, and stay: those who do something take turns. */
export class LoadClients<T extends Client = Client> implements Crowd {
  readonly #size: CrowdSize
  readonly #clock: Clock
  readonly #open: (n: number, signal: AbortSignal) => Promise<T>
  readonly #clients: T[] = []
  readonly errors = new Reasons()
  #next = 0

  /** @param open connects a client; the first has number 1 */
  constructor(size: CrowdSize, clock: Clock, open: (n: number, signal: AbortSignal) => Promise<T>) {
    this.#size = size
    this.#clock = clock
    this.#open = open
  }

  get connected(): number {
    return this.#clients.length
  }

  get lost(): number {
    return this.#clients.filter(({ isOpen }) => !isOpen).length
  }

  get lostReasons(): Reasons {
    const reasons = new Reasons()
    for (const { isOpen, lostReason = 'unknown' } of this.#clients) if (!isOpen) reasons.add(lostReason)
    return reasons
  }

  /** Connects them all, spread over the ramp-up; those that cannot are counted in `errors`. */
  async connect(signal: AbortSignal): Promise<void> {
    const { clients, rampUpMs } = this.#size
    const began = this.#clock.now()
    const attempts = new Attempts(this.#clock, signal)
    await inParallel(clients, async (index) => {
      await attempts.until(began + (rampUpMs * index) / clients)
      if (signal.aborted) return
      const result = await attempts.try((attempt) => this.#open(index + 1, attempt))
      if ('opened' in result) this.#clients.push(result.opened)
      else this.errors.add(result.failure)
    })
    attempts.end()
  }

  /** Whose turn it is among those that are connected; undefined when none is. */
  take(): T | undefined {
    for (let tries = this.#clients.length; tries > 0; tries--) {
      const client = this.#clients[this.#next++ % this.#clients.length]
      if (client?.isOpen) return client
    }
    return undefined
  }

  ping(): void {
    for (const client of this.#clients) client.ping()
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()))
  }
}
