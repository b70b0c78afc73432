/** Reasons come from the server: so many are told apart, and the rest is counted as one. */
const maxReasons = 50
const otherReasons = 'other'

/** How often each reason was given. */
export class Reasons {
  readonly #counts = new Map<string, number>()
  #total = 0

  add(reason: string): void {
    const known = this.#counts.has(reason) || this.#counts.size < maxReasons
    const name = known ? reason : otherReasons
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
    this.#total++
  }

  get total(): number {
    return this.#total
  }

  /** The most frequent first. */
  toObject(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([, a], [, b]) => b - a))
  }
}
