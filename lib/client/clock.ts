/** Where the client takes time and timers from; tests hold time in their hands with another one. */
export interface ClientClock {
  /** Milliseconds; only differences count. */
  now(): number
  setTimeout(callback: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
}

/** The clock of the browser, or of Node; timers are numbers in the one and objects in the other. */
export const systemClock: ClientClock = {
  now: Date.now,
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as number)
}
