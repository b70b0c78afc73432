import type { Delivery } from '../pubsub/delivery.js'

/** How a join is answered, and what follows the reply. */
export interface JoinAnswer {
  readonly response: unknown
  /** Broadcasts that the client has missed. */
  readonly missed: readonly Delivery[]
  /** The offset ahead of them. */
  readonly last: number
}
