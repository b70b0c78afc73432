import type { EndpointCounters } from '../endpoint/stats.js'
import type { Limits } from '../limits/limits.js'
import type { PlaceHolder, PlaceWaiters } from '../limits/place-holder.js'
import type { UserBudget } from '../limits/user-budgets.js'
import type { Clock, Timer } from '../time/clock.js'
import type { Logger } from '../util/logger.js'

export interface WaitingRoomOptions {
  /** Whose places they are. */
  readonly budget: UserBudget
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

/** So many sockets are asked at a time: one client more must not be answered with hundreds of pings. */
const maxAsked = 16

/** The answers are looked at so often while they may come. */
const looks = 20

/**
 * Where clients wait for a place among the sockets of their user, all of which are taken. The sockets that
 * were heard of least lately are asked for a sign of life; those that give none in time are closed,
 * which makes room. Nobody is closed who lives: two tabs would take the place from each other for ever.
 */
export class WaitingRoom implements PlaceWaiters {
  readonly #options: WaitingRoomOptions
  readonly #waiters: Waiter[] = []
  #asked: readonly PlaceHolder[] = []
  #end = 0
  #timer: Timer | undefined

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
      if (this.#timer === undefined) this.#ask(signOfLifeMs)
    })
  }

  placeFreed(): void {
    while (this.#waiters.length > 0 && this.#options.budget.sockets < this.#options.limits.socketsPerUser) {
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

  #ask(signOfLifeMs: number): void {
    this.#end = this.#options.clock.now() + signOfLifeMs
    this.#asked = this.#leastHeardOf()
    for (const { transport } of this.#asked) transport?.probe()
    this.#lookLater()
  }

  /** Those that are being opened are not asked: there is no connection yet. */
  #leastHeardOf(): PlaceHolder[] {
    const holders: PlaceHolder[] = []
    for (let holder = this.#options.budget.newestHolder; holder !== undefined; holder = holder.older) {
      if (holder.transport !== undefined) holders.push(holder)
    }
    const heard = ({ transport }: PlaceHolder): number => transport?.lastActivity ?? 0
    return holders.sort((a, b) => heard(a) - heard(b)).slice(0, maxAsked)
  }

  #lookLater(): void {
    const { clock, limits } = this.#options
    const ms = Math.min(this.#end - clock.now(), limits.signOfLifeMs / looks)
    this.#timer = clock.setTimeout(() => this.#look(), Math.max(1, ms))
    this.#timer.unref()
  }

  #look(): void {
    const { clock, log, stats } = this.#options
    this.#timer = undefined
    this.#dismissGone()
    const silent = this.#asked.filter(({ isHeld, transport }) => isHeld && transport?.isAlive === false)
    if (silent.length > 0 && this.#waiters.length > 0 && clock.now() < this.#end) return this.#lookLater()
    if (this.#waiters.length > 0) {
      for (const holder of silent) {
        stats.silentClosed++
        log.info(
          { transport: holder.transport?.name },
          'closing a socket that gave no sign of life for a new one'
        )
        holder.close()
      }
    }
    this.#rest()
  }

  /** Whoever still waits gets no place. */
  #rest(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#asked = []
    if (this.#options.budget.waiting === this) this.#options.budget.waiting = undefined
    for (const waiter of this.#waiters.splice(0)) waiter.refuse()
  }
}
