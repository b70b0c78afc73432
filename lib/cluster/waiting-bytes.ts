import type { KeptMessage } from '../history/store.js'
import { sizeOf } from '../util/size-of.js'

/** Bytes that may wait in all topics of a node together. */
const mostBytes = 16 * 1024 * 1024

/** About what a message takes beside its text. */
const overhead = 200

/** What waits in the topics of one node for what was missed ahead of it. */
export class WaitingBytes {
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  /** Makes room; false where that would be too much, and nothing was taken. What waits alone always fits. */
  add(bytes: number): boolean {
    if (this.#bytes > 0 && this.#bytes + bytes > mostBytes) return false
    this.#bytes += bytes
    return true
  }

  /** What was added waits no more. */
  remove(bytes: number): void {
    this.#bytes -= bytes
  }
}

/** About how many bytes a message takes that waits. */
export function waitingSize({ event, payload }: KeptMessage): number {
  return overhead + event.length + (payload instanceof Uint8Array ? payload.byteLength : sizeOf(payload.text))
}
