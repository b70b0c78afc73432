import type { RedisClientOptions } from '@redis/client'

/** The servers that carry a cluster of nodes now, and which of them has the channels of which head. */
export interface Placement {
  readonly servers: readonly RedisClientOptions[]
  /** For each head of names, the number of its server. */
  readonly serverOf: readonly number[]
}

/** Where Redis is: that may change. */
export interface Topology {
  /** Finds out. Rejects with what went wrong, or with the reason of the signal. */
  locate(signal: AbortSignal): Promise<Placement>
}

/** One server that is always in one place. */
export class OneServer implements Topology {
  readonly #placement: Placement

  constructor(server: RedisClientOptions) {
    this.#placement = { servers: [server], serverOf: [0] }
  }

  async locate(): Promise<Placement> {
    return this.#placement
  }
}
