import type { OnceOptions } from '../once/options.js'
import { Queue } from '../util/queue.js'

interface Told {
  readonly user: string
  readonly bytes: number
  readonly endsAt: number
}

interface Share {
  results: number
  bytes: number
}

/** How much of results this node has told the engine that keeps them: as much for a user, and for all, as it keeps itself. */
export class ResultBudget {
  readonly #told = new Queue<Told>()
  readonly #shares = new Map<string, Share>()
  #bytes = 0

  /** Counts a result in at `now` (milliseconds); false where there is no room for it. */
  take(user: string, bytes: number, now: number, options: Readonly<OnceOptions>): boolean {
    this.#forget(now)
    const share = this.#shares.get(user) ?? { results: 0, bytes: 0 }
    if (share.results + 1 > options.resultsPerUser) return false
    if (share.bytes + bytes > options.resultBytesPerUser || this.#bytes + bytes > options.resultBytes)
      return false
    this.#shares.set(user, share)
    share.results++
    share.bytes += bytes
    this.#bytes += bytes
    this.#told.push({ user, bytes, endsAt: now + options.keepMs })
    return true
  }

  #forget(now: number): void {
    for (let { first } = this.#told; first !== undefined && first.endsAt <= now; first = this.#told.first) {
      this.#told.shift()
      const share = this.#shares.get(first.user) as Share
      share.results--
      share.bytes -= first.bytes
      this.#bytes -= first.bytes
      if (share.results === 0) this.#shares.delete(first.user)
    }
  }
}
