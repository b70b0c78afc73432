import type { QueuedMemory } from '../limits/queued-memory.js'
import type { OutgoingFrame } from '../protocol/frame.js'
import { sizeOf } from '../util/size-of.js'

/** State that waits for a slow client: of each key the newest frame only. */
export class StaleFrames {
  readonly #memory: QueuedMemory
  readonly #frames = new Map<string, OutgoingFrame>()
  #bytes = 0

  constructor(memory: QueuedMemory) {
    this.#memory = memory
  }

  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#frames.size === 0
  }

  /** Keeps the frame in place of an older one of the same key; returns whether there was one. */
  hold(key: string, frame: OutgoingFrame): boolean {
    const older = this.#frames.get(key)
    if (older !== undefined) {
      this.#bytes -= sizeOf(older)
      this.#memory.release(older)
      // So that what changed last is sent last.
      this.#frames.delete(key)
    }
    this.#frames.set(key, frame)
    this.#bytes += this.#memory.keep(frame)
    return older !== undefined
  }

  /** Gives up all frames, the oldest first. */
  take(): OutgoingFrame[] {
    const frames = [...this.#frames.values()]
    for (const frame of frames) this.#memory.release(frame)
    this.#frames.clear()
    this.#bytes = 0
    return frames
  }
}
