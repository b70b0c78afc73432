/** Whether one comes ahead of another in an order. */
export type IsAhead<T> = (one: T, other: T) => boolean

/**
 * The first so many of what it was given, in an order: each costs a comparison where it is none of them, and the rest
 * is forgotten.
 */
export class Top<T> {
  readonly #size: number
  readonly #isAhead: IsAhead<T>
  /** A heap: the last in the order is at its root. */
  readonly #heap: T[] = []

  constructor(size: number, isAhead: IsAhead<T>) {
    this.#size = size
    this.#isAhead = isAhead
  }

  add(item: T): void {
    const heap = this.#heap
    if (heap.length < this.#size) {
      heap.push(item)
      this.#rise(heap.length - 1)
    } else if (heap.length > 0 && this.#isAhead(item, heap[0] as T)) {
      heap[0] = item
      this.#sink()
    }
  }

  /** In their order. */
  list(): T[] {
    return this.#heap.slice().sort((one, other) => (this.#isAhead(one, other) ? -1 : 1))
  }

  #rise(from: number): void {
    const heap = this.#heap
    const item = heap[from] as T
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isAhead(heap[parent] as T, item)) break
      heap[at] = heap[parent] as T
      at = parent
    }
    heap[at] = item
  }

  #sink(): void {
    const heap = this.#heap
    const item = heap[0] as T
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      const right = child + 1
      if (right < heap.length && this.#isAhead(heap[child] as T, heap[right] as T)) child = right
      if (!this.#isAhead(item, heap[child] as T)) break
      heap[at] = heap[child] as T
      at = child
    }
    heap[at] = item
  }
}
