/** What has not been answered, and its neighbours in {@link RunningCalls}. */
export interface Unanswered {
  older?: Unanswered | undefined
  newer?: Unanswered | undefined
  callerGone(reason: Error): void
}

/**
 * The calls that have not been answered, newest first. They are links of a chain themselves: a call comes and goes
 * with every message, and a Set makes itself anew after every few of them.
 */
export class RunningCalls {
  #newest: Unanswered | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  add(call: Unanswered): void {
    const older = this.#newest
    call.older = older
    if (older !== undefined) older.newer = call
    this.#newest = call
    this.#size++
  }

  /** Of a call that was added, once. */
  delete(call: Unanswered): void {
    const { older, newer } = call
    if (newer === undefined) this.#newest = older
    else newer.older = older
    if (older !== undefined) older.newer = newer
    // Whoever keeps one that has ended must not keep all that came behind it.
    call.older = undefined
    call.newer = undefined
    this.#size--
  }

  /** Tells all of them, oldest first; what listens to one may end any, which then hears nothing. */
  callerGone(reason: Error): void {
    const all: Unanswered[] = []
    for (let call = this.#newest; call !== undefined; call = call.older) all.push(call)
    for (const call of all.reverse()) if (this.#has(call)) call.callerGone(reason)
  }

  #has(call: Unanswered): boolean {
    return call === this.#newest || call.newer !== undefined
  }
}
