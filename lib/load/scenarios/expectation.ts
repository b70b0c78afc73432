import type { Tally } from '../measure/tally.js'

/** What a member of a room is to an operation. */
const member = { nothing: 0, awaited: 1, heard: 2 } as const

/** An operation that each of some members of a room is to hear of once. */
export class Expectation {
  readonly #tally: Tally
  readonly #meantAt: number
  readonly #members: Uint8Array
  #left: number
  /** Called when all have heard. */
  onHeardByAll: () => void = () => {}

  /** @param listeners 1 for each member who is to hear of it, by index; taken over */
  constructor(tally: Tally, meantAt: number, listeners: Uint8Array) {
    this.#tally = tally
    this.#meantAt = meantAt
    this.#members = listeners
    this.#left = listeners.reduce((sum, listens) => sum + listens, 0)
    tally.expected += this.#left
  }

  /** Whether all have heard of it, or nobody is to. */
  get isOver(): boolean {
    return this.#left === 0
  }

  awaits(index: number): boolean {
    return this.#members[index] === member.awaited
  }

  hear(index: number): void {
    const state = this.#members[index]
    if (state === member.heard) this.#tally.doubled++
    if (state !== member.awaited) return
    this.#members[index] = member.heard
    this.#tally.heard(this.#meantAt)
    if (--this.#left > 0) return
    this.onHeardByAll()
    this.#tally.heardByAll(this.#meantAt)
  }

  /** The server has not taken it: it has failed, and those who have not heard by now are to hear nothing. */
  withdraw(reason: string): void {
    if (this.isOver) return
    this.#tally.expected -= this.#left
    this.#left = 0
    this.#members.fill(member.nothing)
    this.#tally.failed(reason)
  }
}
