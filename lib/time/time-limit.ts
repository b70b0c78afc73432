import type { Clock } from './clock.js'

/** What {@link withinTime} resolves with when the time is up. */
export const timeIsUp = Symbol('time is up')

/**
 * Settles as `work` does; or, after `limitMs` milliseconds, resolves with {@link timeIsUp}, and whatever
 * becomes of `work` is ignored. A limit of 0 is off. `work` may be any thenable.
 *
 * @param keepsProcess whether the process stays until then, although nothing else is left to do; default false
 */
export function withinTime(
  work: PromiseLike<unknown>,
  limitMs: number,
  clock: Clock,
  { keepsProcess = false } = {}
): Promise<unknown> {
  if (limitMs === 0) return follow(work)
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => resolve(timeIsUp), limitMs)
    if (!keepsProcess) timer.unref()
    follow(work)
      .then(resolve, reject)
      .finally(() => clock.clearTimeout(timer))
  })
}

// `await` is at home with thenables that throw, answer twice or lie about being promises.
async function follow(work: PromiseLike<unknown>): Promise<unknown> {
  return await work
}
