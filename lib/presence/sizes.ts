/** How much of a log is kept, sent and applied at once. */
export interface ReplicationSizes {
  /** Operations that are kept for nodes that missed them. */
  readonly keptOps: number
  /** Operations of one message, at most: making or reading it takes no time. */
  readonly partOps: number
  /** So many are cheaper than any state. */
  readonly fewOps: number
  /** Parts of a state that are under way before the node that gets them has said that one came. */
  readonly window: number
  /** Operations that are applied in one turn of the event loop. */
  readonly stepsATurn: number
}

/** About how many bytes of operations are kept, for others or until what comes before them is there. */
export const maxKeptLength = 16 * 1024 * 1024

export const defaultSizes: ReplicationSizes = Object.freeze({
  keptOps: 10_000,
  partOps: 500,
  fewOps: 500,
  window: 8,
  stepsATurn: 250
})
