// The room of time: a clock that tests can set, deadlines, timers without an upper bound, and loops at a fixed
// rate.

/** A running timer of a {@link Clock}. */
export interface Timer {
  /** Lets the process end although the timer still runs. */
  unref(): unknown
}

/**
 * Where protocol code takes time and timers from, so that tests can hold time in their hands.
 * The default is {@link systemClock}.
 */
export interface Clock {
  /** Milliseconds on a clock that only runs forward; its zero means nothing. */
  now(): number
  /** Milliseconds since 1970, for what is dated from outside (the `exp` of a token). */
  date(): number
  setTimeout(callback: () => void, ms: number): Timer
  clearTimeout(timer: Timer): void
}

const clockMembers = ['now', 'date', 'setTimeout', 'clearTimeout'] as const satisfies readonly (keyof Clock)[]

/** Whether it has what a {@link Clock} has. */
export function isClock(value: unknown): value is Clock {
  return clockMembers.every((name) => typeof Object(value)[name] === 'function')
}

/** Milliseconds of the longest timer that Node takes; a longer one fires at once. */
export const longestTimer = 2 ** 31 - 1

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout)
}
