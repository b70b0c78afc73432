/** Where the client takes time and timers from; tests hold time in their hands with another one. */
export interface ClientClock {
  /** Milliseconds; only differences count. */
  now(): number
  setTimeout(callback: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
}

/** The longest time that timers can hold; it stands for no limit, too. */
const longestMs = 2 ** 31 - 1

/** Milliseconds for a timer, from an option that may be 0 for no limit. */
export function limitOf(ms: number): number {
  return Math.min(ms || longestMs, longestMs)
}

/** The clock of the browser, or of Node; timers are numbers in the one and objects in the other. */
export const systemClock: ClientClock = {
  now: Date.now,
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as number)
}
