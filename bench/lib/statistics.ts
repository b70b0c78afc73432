/** The middle of several rounds, and how far they lie apart. */
export interface Spread {
  median: number
  min: number
  max: number
}

/** The value that so much of all values are below, 0.99 for instance; 0 when there are none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * part)] ?? 0
}

/** Throws a RangeError when there are no values. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const min = sorted[0]
  const max = sorted.at(-1)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.ceil(sorted.length / 2) - 1]
  if (min === undefined || max === undefined || upper === undefined || lower === undefined) {
    throw new RangeError('no values')
  }
  return { median: (lower + upper) / 2, min, max }
}
