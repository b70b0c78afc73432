export { inParallel } from '../../lib/load/clients/in-parallel.js'

/** Resolves when it was called `count` times; fails when that takes longer than a minute, or is told to. */
export class Countdown {
  readonly #limitMs = 60_000
  #left = 0
  #problem: Error | undefined
  #resolve: (() => void) | undefined
  #reject: ((error: Error) => void) | undefined

  readonly count = (): void => {
    if (--this.#left === 0) this.#resolve?.()
  }

  /** What came is not what was to come: fails what is waited for, and all that would be from here on. */
  fail(problem: Error): void {
    this.#problem ??= problem
    this.#reject?.(this.#problem)
  }

  /** Begins anew; what is counted from here on counts. */
  async from(count: number): Promise<void> {
    if (this.#problem !== undefined) throw this.#problem
    this.#left = count
    let late: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        late = setTimeout(() => reject(new Error(`${this.#left} of ${count} are missing`)), this.#limitMs)
        this.#resolve = resolve
        this.#reject = reject
      })
    } finally {
      clearTimeout(late)
    }
  }
}
