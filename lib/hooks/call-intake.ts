/** Which calls over DataChannels one join has taken: when no more are, its client can tell those that never were. */
export class CallIntake {
  #isOpen = true
  #lastId: number | null = null

  /** Whether a call is still taken. @param id its client's, where it is a number */
  take(id: unknown): boolean {
    if (this.#isOpen) this.#lastId = Number.isFinite(Number(id ?? Number.NaN)) ? Number(id) : null
    return this.#isOpen
  }

  /** Takes none any more. Returns the id of the last one that was taken; null where there was none, or it had none. */
  close(): number | null {
    this.#isOpen = false
    return this.#lastId
  }
}
