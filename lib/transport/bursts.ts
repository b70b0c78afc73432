/**
 * What was queued for a client within one turn of the event loop. It never is too much by itself, however
 * much it is: the client had no time to read any of it.
 */
export class Bursts {
  #turn = 0
  #bytes = 0
  #largest = 0

  /** So many bytes are queued in that turn. */
  add(bytes: number, turn: number): void {
    if (turn !== this.#turn) {
      this.#turn = turn
      this.#bytes = 0
    }
    this.#bytes += bytes
    if (this.#bytes > this.#largest) this.#largest = this.#bytes
  }

  /**
   * Whether more waits from earlier turns than `max` bytes beside the largest burst. Asked before something
   * is queued; 0 is no limit.
   */
  isExceeded(waiting: number, max: number, turn: number): boolean {
    return max > 0 && turn !== this.#turn && waiting - this.#largest > max
  }

  /** Bytes of the largest one. */
  get largest(): number {
    return this.#largest
  }

  /** Nothing waits any more. */
  clear(): void {
    this.#bytes = 0
    this.#largest = 0
  }
}
