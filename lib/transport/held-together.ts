/** What holds something back until the code that runs now is through. */
export interface Holder {
  letGo(): void
}

/**
 * Goes of JavaScript: what an event causes at once; what promises that are settled then cause is the next one. A turn
 * of the event loop is one or many of them. Nothing of another client comes in between, and nothing is held back longer.
 */
class Goes {
  #current = 1
  #isCounting = false
  #holders: Holder[] = []

  constructor() {
    // What was sent in the go in which the process ends has to leave, too.
    process.once('exit', this.#over)
  }

  /** A number that is another one in each go in which it is asked for; never 0. */
  get current(): number {
    if (!this.#isCounting) {
      this.#isCounting = true
      process.nextTick(this.#over)
    }
    return this.#current
  }

  /** Has it let go when the go is over. */
  add(holder: Holder): void {
    this.#holders.push(holder)
  }

  readonly #over = (): void => {
    this.#isCounting = false
    this.#current++
    if (this.#holders.length === 0) return
    const holders = this.#holders
    this.#holders = []
    let failure: { readonly error: unknown } | undefined
    for (const holder of holders) {
      try {
        holder.letGo()
      } catch (error) {
        failure ??= { error }
      }
    }
    if (failure !== undefined) throw failure.error
  }
}

/** Those of this process. */
export const goes = new Goes()
