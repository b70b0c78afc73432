import { maxFrameBytes } from './frames.js'

/**
 * Cuts what comes over a stream into frames, each with its length in front. A frame that came in one piece is a part
 * of that piece and not copied; one that came in several is put together in memory of its own size.
 */
export class FrameReader {
  readonly #onFrame: (frame: Buffer) => void
  /** What there is of the next length, or of the frame that began. */
  readonly #length = Buffer.alloc(4)
  #frame: Buffer = this.#length
  #filled = 0

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame
  }

  /**
   * Takes what came.
   *
   * @throws RangeError for a frame that is larger than any may be; nothing is to be read after it.
   */
  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) at = this.#filled === 0 ? this.#fresh(chunk, at) : this.#resume(chunk, at)
  }

  #fresh(chunk: Buffer, at: number): number {
    if (chunk.length - at >= 4) {
      const end = at + sizeOf(chunk, at)
      if (end <= chunk.length) {
        this.#onFrame(chunk.subarray(at, end))
        return end
      }
    }
    return this.#resume(chunk, at)
  }

  #resume(chunk: Buffer, start: number): number {
    const at = start + this.#fill(chunk, start)
    if (this.#filled < this.#frame.length) return at
    if (this.#frame === this.#length) {
      // Not out of the pool of Node: the frame may be kept while others of the pool have gone.
      this.#frame = Buffer.allocUnsafeSlow(sizeOf(this.#length, 0))
      this.#length.copy(this.#frame)
      return at
    }
    const frame = this.#frame
    this.#frame = this.#length
    this.#filled = 0
    this.#onFrame(frame)
    return at
  }

  #fill(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#frame.length - this.#filled, chunk.length - at)
    chunk.copy(this.#frame, this.#filled, at, at + taken)
    this.#filled += taken
    return taken
  }
}

/** Bytes of the frame with its length, which is at least of the kind. */
function sizeOf(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32BE(at)
  if (length < 1 || length > maxFrameBytes) throw new RangeError(`a frame of ${length} bytes`)
  return 4 + length
}
