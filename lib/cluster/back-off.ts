/** How long to wait before something is tried again. */
export interface BackOffOptions {
  /** The first wait. */
  minMs: number
  /** The longest. */
  maxMs: number
}

/** Twice as long each time, and up to a fifth less, so that many do not come at once. */
export function backOff(failures: number, { minMs, maxMs }: BackOffOptions, random = Math.random): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(failures, 30))
  return Math.round(full * (1 - random() / 5))
}
