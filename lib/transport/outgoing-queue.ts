import type { QueuedMemory } from '../limits/queued-memory.js'
import type { OutgoingFrame } from '../protocol/frame.js'
import { sizeOf } from '../util/size-of.js'

/** Frames that were taken are forgotten when there are so many, and as many as are left. */
const compactAbove = 1024

/** The frames that wait for one client, in their order, and those that are under way to it. */
export class OutgoingQueue {
  readonly #memory: QueuedMemory
  #frames: OutgoingFrame[] = []
  #next = 0
  #underWay: readonly OutgoingFrame[] = []
  #bytes = 0

  constructor(memory: QueuedMemory) {
    this.#memory = memory
  }

  /** Bytes that wait; not those under way. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#next === this.#frames.length
  }

  /** Returns the size of the frame. */
  push(frame: OutgoingFrame): number {
    const size = this.#memory.keep(frame)
    this.#frames.push(frame)
    this.#bytes += size
    return size
  }

  /** Takes so many bytes of frames, and one frame at least, out of what waits: they are under way. */
  take(maxBytes: number): readonly OutgoingFrame[] {
    const start = this.#next
    for (let taken = 0; this.#next < this.#frames.length; this.#next++) {
      const size = sizeOf(this.#frames[this.#next] as OutgoingFrame)
      if (taken > 0 && taken + size > maxBytes) break
      taken += size
      this.#bytes -= size
    }
    const frames = this.#frames.slice(start, this.#next)
    this.#underWay = this.#underWay.length === 0 ? frames : this.#underWay.concat(frames)
    this.#compact()
    return frames
  }

  /** Frames that do not wait here are under way. */
  passed(frames: readonly OutgoingFrame[]): void {
    for (const frame of frames) this.#memory.keep(frame)
    this.#underWay = this.#underWay.concat(frames)
  }

  /** What is under way has arrived. */
  settle(): void {
    for (const frame of this.#underWay) this.#memory.release(frame)
    this.#underWay = []
  }

  /** What is under way was lost: it waits again, ahead of the rest. */
  takeBack(): void {
    for (const frame of this.#underWay) this.#bytes += sizeOf(frame)
    this.#frames = this.#underWay.concat(this.#frames.slice(this.#next))
    this.#next = 0
    this.#underWay = []
  }

  clear(): void {
    this.settle()
    for (; this.#next < this.#frames.length; this.#next++) {
      this.#memory.release(this.#frames[this.#next] as OutgoingFrame)
    }
    this.#bytes = 0
    this.#compact()
  }

  #compact(): void {
    if (this.isEmpty) this.#frames = []
    else if (this.#next > compactAbove && this.#next * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#next)
    } else return
    this.#next = 0
  }
}
