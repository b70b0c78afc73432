/** How long, and how much of it, a node remembers of calls that run once. A call without a key costs nothing. */
export interface OnceOptions {
  /** Milliseconds that the result of a call is kept; who asks later gets `result_expired`. Default 120,000. */
  keepMs: number
  /** Milliseconds that a key is remembered, in which it never runs a second time. Default 3,600,000. */
  rememberMs: number
  /** Results that are kept for one user; for more, the oldest go first. Default 1,000. */
  resultsPerUser: number
  /** Bytes of the results that are kept for one user; a larger one is not kept at all. Default 1 MiB. */
  resultBytesPerUser: number
  /** Bytes of all results that are kept; for more, the oldest go first. Default 64 MiB. */
  resultBytes: number
  /** Keys that are remembered of one user; a call with one more is `overloaded`. Default 20,000. */
  keysPerUser: number
  /**
   * Keys that are remembered of all users. Over it calls are `overloaded` of those who hold more than their equal share
   * of it, and over twice as many those of everybody. Default 250,000, which take some 140 MiB where each is of another user.
   */
  keys: number
}

export const defaultOnceOptions: Readonly<OnceOptions> = Object.freeze({
  keepMs: 120_000,
  rememberMs: 3_600_000,
  resultsPerUser: 1_000,
  resultBytesPerUser: 1024 * 1024,
  resultBytes: 64 * 1024 * 1024,
  keysPerUser: 20_000,
  keys: 250_000
})
