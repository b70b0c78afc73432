/** The last so many of something: what is older gives up its place. */
export class Ring<T> {
  readonly #items: T[] = []
  readonly #size: number
  #next = 0

  constructor(size: number) {
    this.#size = size
  }

  get length(): number {
    return this.#items.length
  }

  add(item: T): void {
    this.#items[this.#next] = item
    this.#next = (this.#next + 1) % this.#size
  }

  /** All of them, the oldest first. */
  list(): T[] {
    if (this.#items.length < this.#size) return this.#items.slice()
    return [...this.#items.slice(this.#next), ...this.#items.slice(0, this.#next)]
  }

  /** The last so many, the newest first. */
  newest(count: number): T[] {
    const found: T[] = []
    const { length } = this.#items
    for (let back = 1; back <= Math.min(count, length); back++) {
      found.push(this.#items[(this.#next - back + length) % length] as T)
    }
    return found
  }
}
