import type { Clock, Timer } from '../time/clock.js'

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
  #lastHeard: number
  #lastLook: number
  #timer: Timer | undefined
  #retryMs = firstRetryMs
  #retryAt = 0
  #isDeaf = false
  #looks = 0

  constructor(options: WatchdogOptions) {
    this.#options = options
    this.#lastHeard = options.clock.now()
    this.#lastLook = this.#lastHeard - lookMs
    this.#look()
  }

  /** Whether the node hears itself: one that does not gives no verdict on others. */
  get isDeaf(): boolean {
    return this.#isDeaf
  }

  /** The engine is back: what is made anew then is looked at as soon as in the beginning. */
  restart(): void {
    this.#retryMs = firstRetryMs
    this.#retryAt = 0
    this.#lastHeard = this.#options.clock.now()
  }

  /** The node's message to itself has come. */
  echo(): void {
    this.#lastHeard = this.#options.clock.now()
    if (!this.#isDeaf) return
    this.#isDeaf = false
    this.#retryMs = firstRetryMs
    this.#options.heard()
  }

  stop(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    const { clock } = this.#options
    this.#timer = clock.setTimeout(() => this.#look(), lookMs)
    this.#timer.unref()
    const now = clock.now()
    // Who stood still itself has not listened: what was sent meanwhile is still to be read.
    const stoodStill = now - this.#lastLook - lookMs
    if (stoodStill > 2 * lookMs) this.#lastHeard += stoodStill
    this.#lastLook = now
    const silent = now - this.#lastHeard
    if (silent >= silentMs && (!this.#isDeaf || now >= this.#retryAt)) {
      this.#isDeaf = true
      this.#retryAt = now + this.#retryMs * (1 + Math.random() / 2)
      this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs)
      this.#options.deaf(silent)
    }
    if (this.#looks++ % looksOfPing === 0) this.#options.ping()
  }
}
