import type { ClusterAdapter } from './adapter.js'

/** What is kept at most while the engine takes nothing, in all, and in bytes. */
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
 * later, and the rest is dropped and counted. Before it is opened, the rest is kept as well.
 */
export class Outbox {
  readonly #adapter: Pick<ClusterAdapter, 'publish'>
  readonly #stats: OutboxStats
  readonly #held = new Map<string, Held>()
  #heldBytes = 0
  #isOpen = false
  /** What was kept that is no state. */
  #early = 0

  constructor(adapter: Pick<ClusterAdapter, 'publish'>, stats: OutboxStats) {
    this.#adapter = adapter
    this.#stats = stats
  }

  /** What is kept. */
  get held(): { messages: number; bytes: number } {
    return { messages: this.#held.size, bytes: this.#heldBytes }
  }

  /** @param staleName of state: what a newer one replaces, with the channel */
  send(channel: string, bytes: Uint8Array, staleName?: string): void {
    const key = this.#keyOf(channel, staleName)
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

  /** The engine is there for the first time: sends what was kept, and keeps nothing more but state. */
  open(): void {
    this.#isOpen = true
    this.flush()
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

  /** What it is kept under; undefined where it is not. */
  #keyOf(channel: string, staleName: string | undefined): string | undefined {
    if (staleName !== undefined) return `${channel}\n${staleName}`
    return this.#isOpen ? undefined : `${this.#early++}`
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
