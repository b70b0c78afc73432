import { Queue } from './queue.js'

/** So much work that is done at once; the rest of it begins in the order in which it came. */
export class Slots {
  readonly #waiting = new Queue<() => void>()
  #free: number

  constructor(count: number) {
    this.#free = count
  }

  async use<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
