/** Runs `task` for each number from 0 to `count` - 1, `atOnce` at a time; the results are in order. */
export async function inParallel<T>(
  count: number,
  task: (n: number) => Promise<T>,
  atOnce = 100
): Promise<T[]> {
  const results = new Array<T>(count)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const n = next++
      results[n] = await task(n)
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, worker))
  return results
}

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
