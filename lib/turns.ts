/** Turns of the event loop, for those who leave room for others within them. */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #current = 1
  #isCounting = false

  /** A number that is another one in each turn in which it is asked for; never 0. */
  get current(): number {
    if (!this.#isCounting) {
      this.#isCounting = true
      setImmediate(() => {
        this.#isCounting = false
        this.#current++
      })
    }
    return this.#current
  }

  /**
   * Does work that takes its time, one piece of it in each turn, after all that was asked for before:
   * between two pieces everybody else is served. Rejects with what `work` throws.
   */
  async take<T>(work: () => T): Promise<T> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
      if (this.#waiting.length === 1) setImmediate(() => this.#next())
    })
    return work()
  }

  #next(): void {
    this.#waiting.shift()?.()
    if (this.#waiting.length > 0) setImmediate(() => this.#next())
  }
}
