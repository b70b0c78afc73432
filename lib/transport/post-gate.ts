import type { Clock } from '../time/clock.js'

/**
 * Where the POSTs of a long-poll session wait while its socket takes no messages. Only one may wait, so
 * that no more than its body is kept.
 */
export class PostGate {
  readonly #clock: Clock
  readonly #windowMs: number
  #closed: { wait: Promise<void>; open: () => void } | undefined
  #isWaitedAt = false
  /** Waits that are not over. */
  #waits = 0

  /** Nobody waits for longer than `windowMs` milliseconds. */
  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock
    this.#windowMs = windowMs
  }

  /** Whether a POST waits for the server. */
  get isBusy(): boolean {
    return this.#waits > 0
  }

  get isOpen(): boolean {
    return this.#closed === undefined
  }

  close(): void {
    // A second gate would leave whoever waits at the first one there.
    if (this.#closed !== undefined) return
    let open = (): void => {}
    const wait = new Promise<void>((resolve) => {
      open = resolve
    })
    this.#closed = { wait, open }
  }

  open(): void {
    this.#closed?.open()
    this.#closed = undefined
  }

  /** Resolves to whether a POST may go on. */
  async pass(): Promise<boolean> {
    if (this.#closed === undefined) return true
    if (this.#isWaitedAt) return false
    this.#isWaitedAt = true
    const isOpen = await this.within(this.#closed.wait)
    this.#isWaitedAt = false
    return isOpen
  }

  /** Resolves to whether what a POST waits for came within the window. */
  within(wait: Promise<void>): Promise<boolean> {
    this.#waits++
    return new Promise<boolean>((resolve) => {
      const timer = this.#clock.setTimeout(() => resolve(false), this.#windowMs)
      void wait.then(() => {
        this.#clock.clearTimeout(timer)
        resolve(true)
      })
    }).finally(() => this.#waits--)
  }
}
