import type { Clock } from './clock.js'
import { IdleMap } from './idle-map.js'
import type { Limits } from './limits.js'
import { RateLimit } from './rate-limit.js'

/** What one user has used up of the limits that count over all of their sockets and peers. */
export class UserBudget {
  readonly events: RateLimit
  readonly joins: RateLimit
  readonly offers: RateLimit
  readonly iceCandidates: RateLimit
  readonly dataChannelMessages: RateLimit
  /** Connections that are open or being opened. */
  sockets = 0
  /** Hook calls that have not been answered yet. */
  callsInFlight = 0

  constructor(limits: Limits) {
    this.events = new RateLimit(limits.events)
    this.joins = new RateLimit(limits.joins)
    this.offers = new RateLimit(limits.offers)
    this.iceCandidates = new RateLimit(limits.iceCandidates)
    this.dataChannelMessages = new RateLimit(limits.dataChannelMessages)
  }

  isIdle(now: number): boolean {
    return (
      this.sockets === 0 &&
      this.callsInFlight === 0 &&
      this.events.isIdle(now) &&
      this.joins.isIdle(now) &&
      this.offers.isIdle(now) &&
      this.iceCandidates.isIdle(now) &&
      this.dataChannelMessages.isIdle(now)
    )
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
