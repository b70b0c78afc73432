import { EncodeFailed } from '../errors.js'

/**
 * Writes an envelope in one piece: what is in it is measured first, so that its bytes are made once and no text is
 * copied twice. Numbers are varints of 7 bits a byte, the lowest first.
 */
export class ByteWriter {
  readonly #bytes: Buffer
  #at = 0

  /** Throws `PHX_ERR_SERIALIZER_ENCODE` where that is more than an envelope may have. */
  constructor(size: number) {
    if (size > maxEnvelopeBytes)
      throw new EncodeFailed(`larger than the ${maxEnvelopeBytes} bytes of an envelope`)
    this.#bytes = Buffer.allocUnsafe(size)
  }

  byte(value: number): void {
    this.#bytes[this.#at++] = value
  }

  varint(value: number): void {
    let rest = value
    while (rest > 127) {
      this.#bytes[this.#at++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.#bytes[this.#at++] = rest
  }

  /** A text, or bytes, behind its size. `size` is what {@link sizeOf} says of it. */
  sized(content: string | Uint8Array, size: number): void {
    this.varint(size)
    if (typeof content !== 'string') this.#bytes.set(content, this.#at)
    else if (size === content.length && size <= maxShort) this.#ascii(content)
    else this.#bytes.write(content, this.#at, size, 'utf8')
    this.#at += size
  }

  /** A text that has as many bytes as characters has one for each. A call into native code costs more than a few of them. */
  #ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.#bytes[this.#at + i] = text.charCodeAt(i)
  }

  /** What was written; all that was measured has to be. */
  get bytes(): Buffer {
    return this.#bytes
  }
}

/** The longest text that is written character by character. */
const maxShort = 32

/** Far more than any engine takes at once: it bounds what a node allocates for a message, not what is useful. */
export const maxEnvelopeBytes = 64 * 1024 * 1024

/** How many bytes the varint of a number has. */
export function sizeOfVarint(value: number): number {
  let size = 1
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) size++
  return size
}

/** How many bytes a content of this size has together with the varint in front of it. */
export function sizeOfSized(size: number): number {
  return sizeOfVarint(size) + size
}
