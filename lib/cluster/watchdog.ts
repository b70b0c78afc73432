import type { Clock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'
import { Silence } from '../time/silence.js'

/** Milliseconds between two looks, and the looks from one message of a node to itself to the next. */
const lookMs = 500
const looksOfPing = 2

/** A node that has not heard itself for so long hears nothing. */
const silentMs = 3_000

/** Milliseconds before a second try, and the longest time between two; each takes up to half as long again. */
const firstRetryMs = 1_000
const longestRetryMs = 30_000

export interface WatchdogOptions {
  readonly clock: Clock
  /** Sends a message of the node to itself, through the engine. */
  ping(): void
  /** The node hears nothing: its subscriptions are to be made anew. */
  deaf(silentMs: number): void
  /** It hears itself again. */
  heard(): void
}

/**
 * Finds a subscription that looks healthy and brings nothing: the node has to hear itself. Client libraries find
 * connections that broke, and not those that went deaf.
 */
export class Watchdog {
  readonly #options: WatchdogOptions
  readonly #silence: Silence
  readonly #timer: LookTimer
  #retryMs = firstRetryMs
  #retryAt = 0
  #isDeaf = false
  #looks = 0
  /** When the oldest message was sent that has not come back. */
  #askedAt: number | undefined
  #lagMs = 0

  constructor(options: WatchdogOptions) {
    this.#options = options
    this.#silence = new Silence(options.clock, lookMs)
    this.#timer = new LookTimer(options.clock, () => this.#look())
    this.#ping()
    this.#timer.start(lookMs)
  }

  /** Milliseconds that the last message took to come back, or has taken so far. */
  get lagMs(): number {
    if (this.#askedAt === undefined) return this.#lagMs
    return Math.max(this.#lagMs, this.#options.clock.now() - this.#askedAt)
  }

  /** Whether the node hears itself: one that does not gives no verdict on others. */
  get isDeaf(): boolean {
    return this.#isDeaf
  }

  /** The engine is back: what is made anew then is looked at as soon as in the beginning. */
  restart(): void {
    this.#retryMs = firstRetryMs
    this.#retryAt = 0
    this.#silence.heard()
  }

  /** The node's message to itself has come. */
  echo(): void {
    this.#silence.heard()
    if (this.#askedAt !== undefined) this.#lagMs = this.#options.clock.now() - this.#askedAt
    this.#askedAt = undefined
    if (!this.#isDeaf) return
    this.#isDeaf = false
    this.#retryMs = firstRetryMs
    this.#options.heard()
  }

  stop(): void {
    this.#timer.stop()
  }

  #look(): void {
    this.#timer.start(lookMs)
    const now = this.#options.clock.now()
    const silent = this.#silence.look()
    if (silent >= silentMs && (!this.#isDeaf || now >= this.#retryAt)) {
      this.#isDeaf = true
      this.#retryAt = now + this.#retryMs * (1 + Math.random() / 2)
      this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs)
      this.#options.deaf(silent)
    }
    if (++this.#looks % looksOfPing === 0) this.#ping()
  }

  #ping(): void {
    this.#askedAt ??= this.#options.clock.now()
    this.#options.ping()
  }
}
