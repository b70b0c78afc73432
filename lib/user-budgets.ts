import type { Clock } from './clock.js'
import { IdleMap } from './idle-map.js'
import type { Limits } from './limits.js'
import { RateLimit } from './rate-limit.js'

/**
 * What one user has used up of the limits that count over all of their sockets and peers. A limit is made
 * when it is first asked for: most users never offer, and there are as many budgets as users.
 */
export class UserBudget {
  readonly #limits: Limits
  #events: RateLimit | undefined
  #joins: RateLimit | undefined
  #offers: RateLimit | undefined
  #iceCandidates: RateLimit | undefined
  #dataChannelMessages: RateLimit | undefined
  /** Connections that are open or being opened. */
  sockets = 0
  /** Hook calls that have not been answered yet. */
  callsInFlight = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  get events(): RateLimit {
    this.#events ??= new RateLimit(this.#limits.events)
    return this.#events
  }

  get joins(): RateLimit {
    this.#joins ??= new RateLimit(this.#limits.joins)
    return this.#joins
  }

  get offers(): RateLimit {
    this.#offers ??= new RateLimit(this.#limits.offers)
    return this.#offers
  }

  get iceCandidates(): RateLimit {
    this.#iceCandidates ??= new RateLimit(this.#limits.iceCandidates)
    return this.#iceCandidates
  }

  get dataChannelMessages(): RateLimit {
    this.#dataChannelMessages ??= new RateLimit(this.#limits.dataChannelMessages)
    return this.#dataChannelMessages
  }

  isIdle(now: number): boolean {
    return (
      this.sockets === 0 &&
      this.callsInFlight === 0 &&
      this.#events?.isIdle(now) !== false &&
      this.#joins?.isIdle(now) !== false &&
      this.#offers?.isIdle(now) !== false &&
      this.#iceCandidates?.isIdle(now) !== false &&
      this.#dataChannelMessages?.isIdle(now) !== false
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
