/** What lies on a {@link Shelf}, and knows its neighbours there. */
export interface Shelved<T> {
  older: T | undefined
  newer: T | undefined
}

/** Things in the order in which they came, any of which can be taken out at once. */
export class Shelf<T extends Shelved<T>> {
  #oldest: T | undefined
  #newest: T | undefined

  get oldest(): T | undefined {
    return this.#oldest
  }

  add(item: T): void {
    item.older = this.#newest
    if (this.#newest === undefined) this.#oldest = item
    else this.#newest.newer = item
    this.#newest = item
  }

  delete(item: T): void {
    const { older, newer } = item
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    item.older = undefined
    item.newer = undefined
  }
}
