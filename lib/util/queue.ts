/** How many places at its front may be empty before the rest moves up. */
const maxEmpty = 64

const nothing: never[] = []

/** First in, first out; taking the first of many costs no more than that of few, and an empty one next to nothing. */
export class Queue<T> {
  #items: (T | undefined)[] = nothing
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  /** What {@link shift} would take. */
  get first(): T | undefined {
    return this.#items[this.#head]
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let at = this.#head; at < this.#items.length; at++) yield this.#items[at] as T
  }

  push(item: T): void {
    if (this.#items === nothing) this.#items = []
    this.#items.push(item)
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.length === 0) {
      this.#items = nothing
      this.#head = 0
    } else if (this.#head > maxEmpty && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  /** Takes all that is left. */
  clear(): T[] {
    const rest = this.#items.slice(this.#head) as T[]
    this.#items = nothing
    this.#head = 0
    return rest
  }
}
