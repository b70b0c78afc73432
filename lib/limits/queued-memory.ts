import type { OutgoingFrame } from '../protocol/frame.js'
import { sizeOf } from '../util/size-of.js'
import type { Limits } from './limits.js'

/** What waits for the clients of one server, in bytes: a frame that many of them wait for is kept once. */
export class QueuedMemory {
  readonly #holders = new Map<object, number>()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  /** Whether it is more than all together may keep. */
  isOver({ queuedBytesTotal }: Pick<Limits, 'queuedBytesTotal'>): boolean {
    return queuedBytesTotal > 0 && this.#bytes > queuedBytesTotal
  }

  /** The frame waits for one client more; returns its size. */
  keep(frame: OutgoingFrame): number {
    const size = sizeOf(frame)
    if (typeof frame === 'string') {
      this.#bytes += size
    } else {
      const holders = this.#holders.get(frame) ?? 0
      if (holders === 0) this.#bytes += size
      this.#holders.set(frame, holders + 1)
    }
    return size
  }

  /** One client less waits for it. */
  release(frame: OutgoingFrame): void {
    const holders = typeof frame === 'string' ? 1 : (this.#holders.get(frame) ?? 1)
    if (holders === 1) this.#bytes -= sizeOf(frame)
    if (typeof frame === 'string') return
    if (holders === 1) this.#holders.delete(frame)
    else this.#holders.set(frame, holders - 1)
  }

  /** What waits elsewhere has grown by so many bytes, or shrunk. */
  grow(bytes: number): void {
    this.#bytes += bytes
  }
}
