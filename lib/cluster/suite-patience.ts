import assert from 'node:assert/strict'

/** How long a case waits for what has to happen in the end. */
export class Patience {
  readonly ms: number

  constructor(ms = 20_000) {
    this.ms = ms
  }

  /** Waits for what has to become true. */
  async until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + this.ms
    while (!(await isTrue())) {
      assert.ok(performance.now() < end, `not in time: ${what}`)
      await pause(2)
    }
  }

  /** Waits for a promise that has to resolve. */
  async inTime<T>(what: string, promise: Promise<T>): Promise<T> {
    await this.settles(what, promise)
    return promise
  }

  /** Waits for a promise that has to resolve or reject. */
  async settles(what: string, promise: Promise<unknown>): Promise<void> {
    assert.ok(await settled(promise, this.ms), `not in time: ${what}`)
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Whether a promise resolves or rejects within this time. */
export async function settled(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  const inTime = promise.then(
    () => true,
    () => true
  )
  const isSettled = await Promise.race([inTime, late])
  clearTimeout(timer)
  return isSettled
}
