import type { Clock, Timer } from '../time/clock.js'

/** Milliseconds between two tries while peers cannot bind. */
const retryMs = 1_000

/**
 * Whether peers can bind, as far as the last of them has shown. Where one could not, it is tried again and again: who
 * takes the server out of service for it sends no client that would.
 */
export class BindWatch {
  readonly #clock: Clock
  readonly #canBind: () => boolean
  #timer: Timer | undefined
  #isClosed = false

  /** @param canBind tries it, with a peer that nobody hears of; does not throw */
  constructor(clock: Clock, canBind: () => boolean) {
    this.#clock = clock
    this.#canBind = canBind
  }

  get isFailing(): boolean {
    return this.#timer !== undefined
  }

  /** A peer could not bind. */
  failed(): void {
    if (!this.isFailing && !this.#isClosed) this.#tryLater()
  }

  /** A peer could. */
  succeeded(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  close(): void {
    this.#isClosed = true
    this.succeeded()
  }

  #tryLater(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined
      if (!this.#canBind()) this.#tryLater()
    }, retryMs)
    this.#timer.unref()
  }
}
