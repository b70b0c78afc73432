/**
 * Which calls over DataChannels one join has taken: when no more are, its client can tell those that never were. Ids are
 * numbers that rise, as the client helper's.
 */
export class CallIntake {
  #isOpen = true
  #lastId: number | null = null

  /** Whether a call is still taken. @param id its client's, also as JSON text */
  take(id: number | string | undefined): boolean {
    const number = Number(id)
    if (this.#isOpen && Number.isFinite(number)) this.#lastId = Math.max(number, this.#lastId ?? number)
    return this.#isOpen
  }

  /** Takes none any more. Returns the highest id that was taken; null where there was none that is a number. */
  close(): number | null {
    this.#isOpen = false
    return this.#lastId
  }
}
