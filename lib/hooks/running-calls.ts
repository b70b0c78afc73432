import type { AbortSource } from './abort-source.js'

/**
 * The calls that have not been answered, newest first. They are links of a chain themselves: a call comes and goes
 * with every message, and a Set makes itself anew after every few of them.
 */
export class RunningCalls {
  #newest: AbortSource | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  add(call: AbortSource): void {
    const older = this.#newest
    call.older = older
    if (older !== undefined) older.newer = call
    this.#newest = call
    this.#size++
  }

  /** Of a call that was added, once. */
  delete(call: AbortSource): void {
    const { older, newer } = call
    if (newer === undefined) this.#newest = older
    else newer.older = older
    if (older !== undefined) older.newer = newer
    // Whoever keeps one that has ended must not keep all that came behind it.
    call.older = undefined
    call.newer = undefined
    this.#size--
  }

  /** Aborts all of them; what listens to one may end any. */
  abort(reason: Error): void {
    const all: AbortSource[] = []
    for (let call = this.#newest; call !== undefined; call = call.older) all.push(call)
    for (const call of all.reverse()) call.abort(reason)
  }
}
