import type { Members } from './members.js'

/** Own heartbeats after which a node that was never heard is none any more. */
const strangerBeats = 6

/** How many are remembered: of more, the first is looked at anew. */
const maxStrangers = 1_000

/** Finds out whether nodes that make calls are there: one may be too new to have been heard, or long dead. */
export class Strangers {
  readonly #members: Members
  /** Own heartbeats when each was first asked for. */
  readonly #since = new Map<string, number>()

  constructor(members: Members) {
    this.#members = members
  }

  isDead(node: string): boolean {
    const isAlive = this.#members.isAlive(node)
    if (isAlive !== undefined) {
      this.#since.delete(node)
      return !isAlive
    }
    const { beats } = this.#members
    const since = this.#since.get(node)
    if (since !== undefined) return beats - since >= strangerBeats
    const [first] = this.#since.keys()
    if (first !== undefined && this.#since.size >= maxStrangers) this.#since.delete(first)
    this.#since.set(node, beats)
    return false
  }
}
