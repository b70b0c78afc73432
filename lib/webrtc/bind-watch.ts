import type { Clock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'

/** Milliseconds between two tries while peers cannot bind. */
const retryMs = 1_000

/**
 * Whether peers can bind, as far as the last of them has shown. Where one could not, it is tried again and again: who
 * takes the server out of service for it sends no client that would.
 */
export class BindWatch {
  readonly #timer: LookTimer
  #isClosed = false

  /** @param canBind tries it, with a peer that nobody hears of; does not throw */
  constructor(clock: Clock, canBind: () => boolean) {
    this.#timer = new LookTimer(clock, () => {
      if (!canBind()) this.#timer.start(retryMs)
    })
  }

  get isFailing(): boolean {
    return this.#timer.isRunning
  }

  /** A peer could not bind. */
  failed(): void {
    if (!this.isFailing && !this.#isClosed) this.#timer.start(retryMs)
  }

  /** A peer could. */
  succeeded(): void {
    this.#timer.stop()
  }

  close(): void {
    this.#isClosed = true
    this.succeeded()
  }
}
