import { type Backlog, keptFrame } from '../limits/backlog.js'
import { Queue } from '../util/queue.js'

/** A frame that waits, or the code to close with in place of one that breaks the protocol. */
export type Arrived =
  | { readonly data: Buffer; readonly isBinary: boolean; readonly code?: undefined }
  | { readonly code: number }

/** What has come from the client and waits for a join, as it came: parsed it would take many times the room. */
export class SocketInbox {
  readonly #backlog: Backlog
  readonly #frames = new Queue<Arrived>()

  constructor(backlog: Backlog) {
    this.#backlog = backlog
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0
  }

  /** Returns false when there is no room. */
  push(data: Buffer, isBinary: boolean): boolean {
    if (!this.#backlog.add(data.length, 1)) return false
    this.#frames.push({ data: keptFrame(data), isBinary })
    return true
  }

  pushBroken(code: number): void {
    this.#backlog.add(0, 1)
    this.#frames.push({ code })
  }

  shift(): Arrived | undefined {
    const next = this.#frames.shift()
    if (next !== undefined) this.#backlog.remove(bytesOf(next), 1)
    return next
  }

  clear(): void {
    const rest = this.#frames.clear()
    this.#backlog.remove(
      rest.reduce((sum, next) => sum + bytesOf(next), 0),
      rest.length
    )
  }
}

function bytesOf(arrived: Arrived): number {
  return arrived.code === undefined ? arrived.data.length : 0
}
