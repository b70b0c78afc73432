import type { Clock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'

/** Milliseconds until the first look, and how much longer each one waits than the one before. */
const firstLookMs = 20
const growth = 1.2
const longestMs = 1000

/**
 * Looks now and then for the candidates that STUN and TURN servers bring, until there are no more to come. The
 * library would tell of each; but what is registered for that is a handle of the event loop for as long as the
 * peer lives, and every handle makes each message of the process dearer.
 */
export class Gathering {
  readonly #timer: LookTimer
  #wait = firstLookMs

  /** @param look returns whether more may come */
  constructor(clock: Clock, look: () => boolean) {
    this.#timer = new LookTimer(clock, () => {
      if (look()) this.#next()
    })
    this.#next()
  }

  stop(): void {
    this.#timer.stop()
  }

  #next(): void {
    this.#timer.start(this.#wait)
    this.#wait = Math.min(this.#wait * growth, longestMs)
  }
}
