import type { EndpointCounters } from '../endpoint/stats.js'
import type { Limits } from '../limits/limits.js'
import type { PlaceWaiters } from '../limits/place-holder.js'
import type { UserBudget } from '../limits/user-budgets.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import { SignOfLife } from './sign-of-life.js'

/** The places of one user, as far as those who wait for one are concerned. */
export interface Places {
  /** Whether all are taken. */
  isFull(): boolean
  /**
   * Asks other nodes to have the user's sockets give a sign of life; `over` is called when no place will come of it
   * any more. Returns what gives that up, and undefined where there is nobody to ask.
   */
  askOthers(over: () => void): (() => void) | undefined
}

export interface WaitingRoomOptions {
  /** Whose places they are. */
  readonly budget: UserBudget
  readonly places: Places
  readonly clock: Clock
  readonly limits: Readonly<Limits>
  readonly log: Logger
  readonly stats: EndpointCounters
}

interface Waiter {
  readonly isGone: () => boolean
  takePlace(): void
  refuse(): void
}

/**
 * Where clients wait for a place among the sockets of their user, all of which are taken. The user's sockets are asked
 * for a sign of life meanwhile; that those that give none are closed makes room.
 */
export class WaitingRoom implements PlaceWaiters {
  readonly #options: WaitingRoomOptions
  readonly #waiters: Waiter[] = []
  /** What gives up the asking, here and on other nodes, each as long as a place may come of it. */
  readonly #asking = new Set<() => void>()

  constructor(options: WaitingRoomOptions) {
    this.#options = options
  }

  /** As many may wait as there are places. */
  wait<T>(takePlace: () => T, isGone: () => boolean): Promise<T | undefined> {
    const { socketsPerUser, signOfLifeMs } = this.#options.limits
    if (this.#waiters.length >= socketsPerUser) this.#dismissGone()
    if (signOfLifeMs === 0 || this.#waiters.length >= socketsPerUser) {
      if (this.#waiters.length === 0) this.#rest()
      return Promise.resolve(undefined)
    }
    return new Promise((resolve) => {
      this.#waiters.push({ isGone, takePlace: () => resolve(takePlace()), refuse: () => resolve(undefined) })
      if (this.#asking.size === 0) this.#ask()
    })
  }

  placeFreed(): void {
    while (this.#waiters.length > 0 && !this.#options.places.isFull()) {
      const waiter = this.#waiters.shift() as Waiter
      if (waiter.isGone()) waiter.refuse()
      else waiter.takePlace()
    }
    if (this.#waiters.length === 0) this.#rest()
  }

  #dismissGone(): void {
    for (const waiter of this.#waiters.splice(0)) {
      if (waiter.isGone()) waiter.refuse()
      else this.#waiters.push(waiter)
    }
  }

  #ask(): void {
    const { budget, clock, limits, log, stats, places } = this.#options
    const isWanted = (): boolean => {
      this.#dismissGone()
      return this.#waiters.length > 0
    }
    const over = (): void => this.#over(stopHere)
    const here = new SignOfLife({ budget, clock, limits, log, stats, isWanted, over })
    const stopHere = (): void => here.stop()
    this.#asking.add(stopHere)
    const stopOthers = places.askOthers(() => this.#over(stopOthers))
    if (stopOthers !== undefined) this.#asking.add(stopOthers)
  }

  #over(stop: (() => void) | undefined): void {
    if (stop !== undefined) this.#asking.delete(stop)
    if (this.#asking.size > 0 && this.#waiters.length > 0) return
    // Where the others went away, fewer places are taken without any being freed.
    this.placeFreed()
    this.#rest()
  }

  /** Whoever still waits gets no place. */
  #rest(): void {
    for (const stop of this.#asking) stop()
    this.#asking.clear()
    if (this.#options.budget.waiting === this) this.#options.budget.waiting = undefined
    for (const waiter of this.#waiters.splice(0)) waiter.refuse()
  }
}
