import { isUtf8 } from 'node:buffer'

/** What follows a field's number (protobuf.dev/programming-guides/encoding). */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const

/** Groups inside groups that are skipped; as deep as other implementations go. */
const maxGroupDepth = 100
const maxVarintBytes = 10

/**
 * Reads the fields of one protobuf message out of bytes that anybody may have sent. Everything that is
 * cut off, runs over its end or is no protobuf throws a RangeError.
 */
export class ProtobufReader {
  readonly #buffer: Buffer
  readonly #end: number
  #position: number

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.#buffer = buffer
    this.#position = start
    this.#end = end
  }

  get atEnd(): boolean {
    return this.#position >= this.#end
  }

  /** Number and wire type of the next field, `number << 3 | type`. */
  tag(): number {
    const tag = this.uint32()
    if (tag >>> 3 === 0) throw new RangeError('field number 0')
    return tag
  }

  /** A varint; as for every `uint32` field, what lies above its 32 bits does not count. */
  uint32(): number {
    let value = 0
    for (let read = 0; read < maxVarintBytes; read++) {
      if (this.#position >= this.#end) break
      const byte = this.#buffer[this.#position++] as number
      if (read < 5) value |= (byte & 0x7f) << (7 * read)
      if (byte < 0x80) return value >>> 0
    }
    throw new RangeError('a varint without an end')
  }

  /** The bytes of a field, which stay those of the message. */
  bytes(): Buffer {
    const length = this.uint32()
    const start = this.#position
    this.#advance(length)
    return this.#buffer.subarray(start, this.#position)
  }

  string(): string {
    const bytes = this.bytes()
    if (!isUtf8(bytes)) throw new RangeError('a string that is not UTF-8')
    return bytes.toString()
  }

  /** A reader of the message that the field is. */
  message(): ProtobufReader {
    const length = this.uint32()
    const start = this.#position
    this.#advance(length)
    return new ProtobufReader(this.#buffer, start, this.#position)
  }

  /** Passes over the value of a field that nobody knows. */
  skip(tag: number, depth = 0): void {
    switch (tag & 7) {
      case wireTypes.varint:
        this.uint32()
        break
      case wireTypes.fixed64:
        this.#advance(8)
        break
      case wireTypes.bytes:
        this.#advance(this.uint32())
        break
      case wireTypes.fixed32:
        this.#advance(4)
        break
      case wireTypes.startGroup:
        this.#skipGroup(tag >>> 3, depth)
        break
      default:
        throw new RangeError('a wire type that there is not')
    }
  }

  #skipGroup(field: number, depth: number): void {
    if (depth >= maxGroupDepth) throw new RangeError('too many groups inside each other')
    for (;;) {
      const tag = this.tag()
      if ((tag & 7) !== wireTypes.endGroup) this.skip(tag, depth + 1)
      else if (tag >>> 3 === field) return
      else throw new RangeError('the end of another group')
    }
  }

  #advance(length: number): void {
    if (length > this.#end - this.#position) throw new RangeError('a field that is cut off')
    this.#position += length
  }
}
