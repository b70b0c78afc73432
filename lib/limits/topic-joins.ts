import type { Rate } from './limits.js'

/** Joins that are remembered where the rate is not larger itself; older ones are forgotten first. */
const remembered = 1024

/**
 * Counts the joins of each topic by one user: at most `rate.count` of one topic within `rate.windowMs`.
 * Topics are text of the client, so that only a number is kept of each, and one short list for all: it is
 * looked through only where it is as long as the rate allows for one topic.
 */
export class TopicJoins {
  readonly #rate: Rate
  /** Time and topic in turns, the oldest first. */
  #joins: number[] = []

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Whether one more join of the topic is within the rate. */
  hasRoomFor(topic: string, now: number): boolean {
    const { count } = this.#rate
    if (count === 0) return true
    this.#forget(now)
    if (this.#joins.length < 2 * count) return true
    const key = hash(topic)
    let found = 0
    for (let i = 1; i < this.#joins.length; i += 2) if (this.#joins[i] === key) found++
    return found < count
  }

  add(topic: string, now: number): void {
    const { count } = this.#rate
    if (count === 0) return
    // A list that something is pushed to has room for 17, and most users join once.
    if (this.#joins.length === 0) this.#joins = [now, hash(topic)]
    else this.#joins.push(now, hash(topic))
    const most = 2 * Math.max(count, remembered)
    if (this.#joins.length > most) this.#joins.splice(0, this.#joins.length - most / 2)
  }

  /** Whether no join within the window is remembered. */
  isIdle(now: number): boolean {
    this.#forget(now)
    return this.#joins.length === 0
  }

  #forget(now: number): void {
    const until = now - this.#rate.windowMs
    let old = 0
    while (old < this.#joins.length && (this.#joins[old] as number) <= until) old += 2
    if (old > 0) this.#joins.splice(0, old)
  }
}

/** FNV-1a, 31 bits of it: what V8 keeps in a list without a box. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 1
}
