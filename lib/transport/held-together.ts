/** What holds something back until the code that runs now is through. */
export interface Holder {
  letGo(): void
}

/**
 * Goes of JavaScript: from an event to the end of all that it causes at once, promises included. A turn of the event
 * loop is one or many of them. Nothing of another client comes in between, and nothing is held back for longer.
 */
class Goes {
  #current = 1
  #isCounting = false
  #holders: Holder[] = []

  /** A number that is another one in each go in which it is asked for; never 0. */
  get current(): number {
    if (!this.#isCounting) {
      this.#isCounting = true
      // Behind what promises cause, too: those that are settled have their turn before it.
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
    for (const holder of holders) holder.letGo()
  }
}

/** Those of this process. */
export const goes = new Goes()
