import { isLossy } from '../protocol/serializer/json-text-check.js'

/** The longest varint that is read: numbers below 2^28, more than any size within an envelope. */
const maxVarintBytes = 4

/**
 * Reads what a `ByteWriter` wrote, and never throws, whatever the bytes are: it fails once for all, and what is read
 * afterwards is empty. Bytes are views of those that are read, not copies.
 */
export class ByteReader {
  readonly #bytes: Buffer
  #at: number
  #failed = false

  /** Begins with the byte at `start`. */
  constructor(bytes: Uint8Array, start: number) {
    this.#at = start
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Whether more was asked for than there is, or a text was no UTF-8. */
  get failed(): boolean {
    return this.#failed
  }

  get hasMore(): boolean {
    return !this.#failed && this.#at < this.#bytes.length
  }

  byte(): number {
    return this.hasMore ? (this.#bytes[this.#at++] as number) : this.#fail()
  }

  varint(): number {
    let value = 0
    for (let i = 0; i < maxVarintBytes; i++) {
      const next = this.byte()
      value |= (next & 127) << (7 * i)
      if (next < 128) return value
    }
    return this.#fail()
  }

  /** The bytes behind their size. */
  sized(): Buffer {
    const start = this.#skipped()
    return this.#bytes.subarray(start, this.#at)
  }

  /** The text behind its size. */
  text(): string {
    const start = this.#skipped()
    const text = this.#bytes.toString('utf8', start, this.#at)
    if (text.includes('\ufffd') && isLossy(text, this.#bytes.subarray(start, this.#at))) this.#fail()
    return text
  }

  /** Passes over what is behind its size. */
  skip(): void {
    this.#skipped()
  }

  /** Where the content begins that was passed over; it ends where the next one begins. */
  #skipped(): number {
    const size = this.varint()
    const start = this.#at
    if (size > this.#bytes.length - start) this.#fail()
    else this.#at += size
    return this.#failed ? this.#at : start
  }

  /** From here on, nothing can be read. Returns 0, for numbers. */
  #fail(): number {
    this.#failed = true
    this.#at = this.#bytes.length
    return 0
  }
}
