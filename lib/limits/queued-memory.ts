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
    if (typeof frame === 'string') this.#bytes += size
    else this.hold(frame, size)
    return size
  }

  /** One client less waits for it. */
  release(frame: OutgoingFrame): void {
    if (typeof frame === 'string') this.#bytes -= sizeOf(frame)
    else this.letGo(frame, sizeOf(frame))
  }

  /** What is shared, a frame or what will be one, waits for one client more. */
  hold(held: object, bytes: number): void {
    const holders = this.#holders.get(held) ?? 0
    if (holders === 0) this.#bytes += bytes
    this.#holders.set(held, holders + 1)
  }

  /** One client less waits for it. */
  letGo(held: object, bytes: number): void {
    const holders = this.#holders.get(held) ?? 1
    if (holders === 1) {
      this.#bytes -= bytes
      this.#holders.delete(held)
    } else this.#holders.set(held, holders - 1)
  }

  /** What waits elsewhere has grown by so many bytes, or shrunk. */
  grow(bytes: number): void {
    this.#bytes += bytes
  }
}
