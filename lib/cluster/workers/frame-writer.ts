import type { Socket } from 'node:net'

/** Up to this many bytes, copying is cheaper than one more buffer to write. */
const copiedBytes = 16 * 1024

/**
 * Writes frames to a socket: what comes until `flush` goes out as one piece. What waits is counted, and small parts
 * are copied, so that a frame that waits does not hold the large piece that it came in.
 */
export class FrameWriter {
  readonly #socket: Socket
  #waiting: Uint8Array[] = []
  #bytes = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Bytes that the operating system has not taken yet. */
  get waitingBytes(): number {
    return this.#bytes + this.#socket.writableLength
  }

  add(bytes: Uint8Array): void {
    this.#waiting.push(bytes)
    this.#bytes += bytes.length
  }

  flush(): void {
    const waiting = this.#waiting
    if (waiting.length === 0) return
    const total = this.#bytes
    this.#waiting = []
    this.#bytes = 0
    if (!this.#socket.writable) return
    if (total <= copiedBytes || !waiting.some(({ length }) => length > copiedBytes)) {
      this.#socket.write(Buffer.concat(waiting, total))
      return
    }
    this.#socket.cork()
    let small: Uint8Array[] = []
    const writeSmall = (): void => {
      if (small.length > 0) this.#socket.write(Buffer.concat(small))
      small = []
    }
    for (const bytes of waiting) {
      if (bytes.length <= copiedBytes) {
        small.push(bytes)
        continue
      }
      writeSmall()
      this.#socket.write(bytes)
    }
    writeSmall()
    this.#socket.uncork()
  }
}
