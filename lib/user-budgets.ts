import type { Clock } from './clock.js'
import { IdleMap } from './idle-map.js'
import type { Limits } from './limits.js'
import { RateLimit } from './rate-limit.js'

/** The limits that count over all sockets and peers of a user. */
export type UserRate = 'events' | 'joins' | 'offers' | 'iceCandidates' | 'dataChannelMessages'

/**
 * What one user has used up of their limits. A limit is made when it is first hit: most users never
 * offer, and there are as many budgets as users.
 */
export class UserBudget {
  readonly #limits: Limits
  readonly #rates: Partial<Record<UserRate, RateLimit>> = {}
  /** Connections that are open or being opened. */
  sockets = 0
  /** Hook calls that have not been answered yet. */
  callsInFlight = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Counts one hit at `now` (milliseconds) and says whether it is within the rate. */
  hit(name: UserRate, now: number): boolean {
    this.#rates[name] ??= new RateLimit(this.#limits[name])
    return this.#rates[name].hit(now)
  }

  isIdle(now: number): boolean {
    if (this.sockets > 0 || this.callsInFlight > 0) return false
    return Object.values(this.#rates).every((rate) => rate.isIdle(now))
  }
}

/**
 * The budgets of all users, by user key. A budget outlives the user's sockets for as long as its
 * windows remember something, so that reconnecting or offering again resets nothing.
 */
export class UserBudgets extends IdleMap<UserBudget> {
  constructor(limits: Limits, clock: Clock) {
    super(() => new UserBudget(limits), clock)
  }
}
