/** The last so many of something: what is older gives up its place. */
export class Ring<T> {
  readonly #items: T[] = []
  readonly #size: number
  #next = 0

  constructor(size: number) {
    this.#size = size
  }

  add(item: T): void {
    this.#items[this.#next] = item
    this.#next = (this.#next + 1) % this.#size
  }

  /** The last so many, or all of them, the newest first. */
  newest(count = this.#size): T[] {
    const found: T[] = []
    const { length } = this.#items
    for (let back = 1; back <= Math.min(count, length); back++) {
      found.push(this.#items[(this.#next - back + length) % length] as T)
    }
    return found
  }
}
