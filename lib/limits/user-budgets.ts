import type { Clock } from '../time/clock.js'
import { IdleMap } from './idle-map.js'
import type { Limits } from './limits.js'
import type { PlaceHolder, PlaceWaiters } from './place-holder.js'
import { RateLimit } from './rate-limit.js'
import { TopicJoins } from './topic-joins.js'

/** The limits that count over all sockets and peers of a user. */
export type UserRate = 'events' | 'eventBytes' | 'joins' | 'offers' | 'iceCandidates' | 'dataChannelMessages'

/** A socket whose client is not read while too much is handled. */
interface HandledWatcher {
  /** The sockets and peers of the user handle less than before. */
  handledLess(): void
}

/**
 * What one user has used up of their limits. A limit is made when it is first hit: most users never
 * offer, and there are as many budgets as users.
 */
export class UserBudget {
  readonly #limits: Limits
  readonly #rates: Partial<Record<UserRate, RateLimit>> = {}
  #topicJoins: TopicJoins | undefined
  /** Bytes that wait for handlers, of sockets that have closed as well. */
  waitingBytes = 0
  /** Memory that the messages and arguments take which are being handled, by what does not end in one turn. */
  handledBytes = 0
  /** Who is not read, and wants to know when less is handled; most users never have any. */
  #watchers: Set<HandledWatcher> | undefined
  /** Connections that are open or being opened. */
  sockets = 0
  /** Who holds the newest of their places; each knows the one before it. */
  newestHolder: PlaceHolder | undefined
  /** Further clients, for whom there is no place yet. */
  waiting: PlaceWaiters | undefined
  /** Hook calls that have not been answered yet. */
  callsInFlight = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Whether no further hook call is to begin. */
  isOverloaded({ callsInFlight, userMailboxBytes }: Limits): boolean {
    if (callsInFlight !== 0 && this.callsInFlight >= callsInFlight) return true
    return userMailboxBytes !== 0 && this.handledBytes > userMailboxBytes
  }

  /** A hook call begins, whose arguments take so much memory. */
  beginCall(bytes: number): void {
    this.callsInFlight++
    this.handledBytes += bytes
  }

  endCall(bytes: number): void {
    this.callsInFlight--
    this.handleLess(bytes)
  }

  /** What was handled is through. */
  handleLess(bytes: number): void {
    if (bytes === 0) return
    this.handledBytes -= bytes
    for (const each of this.#watchers ?? []) each.handledLess()
  }

  /** Tells it from now on when less is handled. */
  watch(watcher: HandledWatcher): void {
    this.#watchers ??= new Set()
    this.#watchers.add(watcher)
  }

  unwatch(watcher: HandledWatcher): void {
    this.#watchers?.delete(watcher)
  }

  /** Counts one hit at `now` (milliseconds), of so many bytes for `eventBytes`, and says whether it is within the rate. */
  hit(name: UserRate, now: number, weight = 1): boolean {
    // Nothing is kept for a limit that is off.
    if (this.#limits[name].count === 0) return true
    this.#rates[name] ??= new RateLimit(this.#limits[name])
    return this.#rates[name].hit(now, weight)
  }

  /**
   * Counts one join of a topic and says which rate it is over, if any. One that is over that of its
   * topic does not count for the others: a client that hammers at one room can still join another.
   */
  joinOver(topic: string, now: number): 'topicJoins' | 'joins' | undefined {
    const { topicJoins } = this.#limits
    if (topicJoins.count === 0) return this.hit('joins', now) ? undefined : 'joins'
    this.#topicJoins ??= new TopicJoins(topicJoins)
    if (!this.#topicJoins.hasRoomFor(topic, now)) return 'topicJoins'
    if (!this.hit('joins', now)) return 'joins'
    this.#topicJoins.add(topic, now)
    return undefined
  }

  isIdle(now: number): boolean {
    if (this.sockets > 0 || this.callsInFlight > 0 || this.waitingBytes > 0 || this.handledBytes > 0)
      return false
    // Its places may all be taken on other nodes.
    if (this.waiting !== undefined) return false
    if (this.#topicJoins?.isIdle(now) === false) return false
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
