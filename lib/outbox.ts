import { sizeOf } from './size-of.js'
import type { OutgoingFrame, Transport } from './transport/transport.js'

interface HeldFrame {
  readonly frame: OutgoingFrame
  readonly stale: string | undefined
}

/**
 * What one socket sends. While a join runs, everything waits for its reply and follows it in order, as
 * in Phoenix, whose transport process does nothing else until the channel has answered.
 */
export class Outbox {
  readonly #transport: Transport
  readonly #maxBytes: number
  #held: HeldFrame[] | undefined
  #heldBytes = 0

  /** `maxBytes` may be held back; 0 is no limit. */
  constructor(transport: Transport, maxBytes: number) {
    this.#transport = transport
    this.#maxBytes = maxBytes
  }

  /** Sends a frame, or keeps it back; see `Transport.send`. */
  send(frame: OutgoingFrame, stale?: string): void {
    if (this.#held === undefined) this.#transport.send(frame, stale)
    else this.#keep(this.#held, frame, stale)
  }

  /** A join begins: what is sent from here on waits for its reply. */
  hold(): void {
    this.#held = []
  }

  /** The join is done: sends the reply, and then what waited for it. */
  release(reply: OutgoingFrame): void {
    this.#transport.send(reply)
    this.flush()
  }

  /** Sends what waits, and holds nothing back any more. */
  flush(): void {
    const held = this.#held
    this.discard()
    for (const { frame, stale } of held ?? []) this.#transport.send(frame, stale)
  }

  /** Forgets what waits: there is nobody left to get it. */
  discard(): void {
    this.#held = undefined
    this.#heldBytes = 0
  }

  #keep(held: HeldFrame[], frame: OutgoingFrame, stale: string | undefined): void {
    held.push({ frame, stale })
    this.#heldBytes += sizeOf(frame)
    // A join that takes too long loses its place at the front; the client loses nothing.
    if (this.#maxBytes > 0 && this.#heldBytes > this.#maxBytes) this.flush()
  }
}
