import type { Clock } from './clock.js'
import type { Limits } from './limits.js'
import { RateLimit } from './rate-limit.js'

/** What one user has used up of the limits that count over all of their sockets and peers. */
export class UserBudget {
  readonly events: RateLimit
  readonly iceCandidates: RateLimit
  readonly dataChannelMessages: RateLimit
  /** Connections that are open or being opened. */
  sockets = 0
  /** Hook calls that have not been answered yet. */
  callsInFlight = 0

  constructor(limits: Limits) {
    this.events = new RateLimit(limits.events)
    this.iceCandidates = new RateLimit(limits.iceCandidates)
    this.dataChannelMessages = new RateLimit(limits.dataChannelMessages)
  }

  isIdle(now: number): boolean {
    return (
      this.sockets === 0 &&
      this.callsInFlight === 0 &&
      this.events.isIdle(now) &&
      this.iceCandidates.isIdle(now) &&
      this.dataChannelMessages.isIdle(now)
    )
  }
}

const sweepEvery = 1000

/**
 * The budgets of all users, by user key. A budget outlives the user's sockets for as long as its
 * windows remember something, so that reconnecting or offering again resets nothing.
 */
export class UserBudgets {
  readonly #limits: Limits
  readonly #clock: Clock
  readonly #budgets = new Map<string, UserBudget>()
  #untilSweep = sweepEvery

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  /** How many users are remembered. */
  get size(): number {
    return this.#budgets.size
  }

  /** The budget of the user, made when there is none. Do not keep it longer than a socket lives. */
  of(user: string): UserBudget {
    let budget = this.#budgets.get(user)
    if (budget === undefined) {
      // Sweeping once in so many new users costs each of them a constant and needs no timer.
      if (--this.#untilSweep <= 0) this.#sweep()
      budget = new UserBudget(this.#limits)
      this.#budgets.set(user, budget)
    }
    return budget
  }

  /** Forgets the user when nothing of theirs is open or remembered. */
  release(user: string): void {
    if (this.#budgets.get(user)?.isIdle(this.#clock.now())) this.#budgets.delete(user)
  }

  #sweep(): void {
    const now = this.#clock.now()
    for (const [user, budget] of this.#budgets) if (budget.isIdle(now)) this.#budgets.delete(user)
    this.#untilSweep = Math.max(sweepEvery, this.#budgets.size)
  }
}
