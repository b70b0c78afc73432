import type { ClusterAdapter } from './adapter.js'

/** Names of state, and their bytes, that are kept at most while the engine takes nothing. */
const maxHeld = 10_000
const maxHeldBytes = 16 * 1024 * 1024

/** What counts what went out, and what did not. */
export interface OutboxStats {
  /** Envelopes that the engine was handed. */
  published: number
  /** Envelopes that were dropped as its outbox was full. */
  dropped: number
}

interface Held {
  readonly channel: string
  readonly bytes: Uint8Array
}

/**
 * The way to an engine that may take nothing for a while: then, of state the newest of each name is kept and sent
 * later, and the rest is dropped and counted.
 */
export class Outbox {
  readonly #adapter: ClusterAdapter
  readonly #stats: OutboxStats
  readonly #held = new Map<string, Held>()
  #heldBytes = 0

  constructor(adapter: ClusterAdapter, stats: OutboxStats) {
    this.#adapter = adapter
    this.#stats = stats
  }

  /** @param staleName of state: what a newer one replaces, with the channel */
  send(channel: string, bytes: Uint8Array, staleName?: string): void {
    const key = staleName === undefined ? undefined : `${channel}\n${staleName}`
    // Whatever comes of this one, nothing older may follow it.
    if (key !== undefined && this.#release(key)) this.#stats.dropped++
    if (this.#adapter.publish(channel, bytes)) {
      this.#stats.published++
    } else if (key !== undefined && this.#hasRoom(bytes)) {
      this.#held.set(key, { channel, bytes })
      this.#heldBytes += bytes.length
    } else {
      this.#stats.dropped++
    }
  }

  /** Sends what was kept, as far as the engine takes it. */
  flush(): void {
    for (const [key, { channel, bytes }] of this.#held) {
      if (!this.#adapter.publish(channel, bytes)) return
      this.#release(key)
      this.#stats.published++
    }
  }

  clear(): void {
    this.#stats.dropped += this.#held.size
    this.#held.clear()
    this.#heldBytes = 0
  }

  #hasRoom(bytes: Uint8Array): boolean {
    return this.#held.size < maxHeld && this.#heldBytes + bytes.length <= maxHeldBytes
  }

  /** Whether anything of that key was kept. */
  #release(key: string): boolean {
    this.#heldBytes -= this.#held.get(key)?.bytes.length ?? 0
    return this.#held.delete(key)
  }
}
