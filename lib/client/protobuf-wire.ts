// Both ends of a call read and write its messages with this: no module of Node, and nothing that browsers lack.

/** What a field is; the rest of its tag is its number (https://protobuf.dev/programming-guides/encoding). */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const

/** Groups inside groups that are skipped; as deep as other implementations go. */
const maxGroupDepth = 100
const maxVarintBytes = 10

/**
 * Reads the fields of one message out of bytes that anybody may have sent. Everything that is cut off,
 * runs over its end or is no protobuf throws a RangeError.
 */
export class ProtobufReader<Bytes extends Uint8Array = Uint8Array> {
  readonly #bytes: Bytes
  readonly #end: number
  #at: number

  /** Of the bytes, those from `start` to `end`. */
  constructor(bytes: Bytes, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  get atEnd(): boolean {
    return this.#at >= this.#end
  }

  /** Where it is: behind what was read last. */
  get at(): number {
    return this.#at
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
      if (this.#at >= this.#end) break
      const byte = this.#bytes[this.#at++] as number
      if (read < 5) value |= (byte & 0x7f) << (7 * read)
      if (byte < 0x80) return value >>> 0
    }
    throw new RangeError('a varint without an end')
  }

  /** The bytes of a field, which stay those of the message. */
  bytes(): Bytes {
    const start = this.into()
    // A part of a Buffer is a Buffer, which the types do not know.
    return this.#bytes.subarray(start, this.#at) as Bytes
  }

  /** Passes over the bytes of a field, and says where they begin: they end {@link at}. */
  into(): number {
    const length = this.uint32()
    const start = this.#at
    this.#advance(length)
    return start
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
    if (length > this.#end - this.#at) throw new RangeError('a field that is cut off')
    this.#at += length
  }
}

/** A field's value: a number of up to 32 bits is a varint, and a list of fields a message. */
export type WireValue = number | Uint8Array | WireFields
export type WireFields = readonly (readonly [field: number, value: WireValue])[]

export function writeMessage(fields: WireFields): Uint8Array {
  const message = new Uint8Array(lengthOf(fields))
  write(fields, message, 0)
  return message
}

function lengthOf(fields: WireFields): number {
  let length = 0
  for (const [field, value] of fields) {
    length += varintLength(field << 3)
    if (typeof value === 'number') length += varintLength(value)
    else {
      const bytes = value instanceof Uint8Array ? value.length : lengthOf(value)
      length += varintLength(bytes) + bytes
    }
  }
  return length
}

function write(fields: WireFields, message: Uint8Array, start: number): number {
  let at = start
  for (const [field, value] of fields) {
    if (typeof value === 'number') {
      at = writeVarint(message, at, (field << 3) | wireTypes.varint)
      at = writeVarint(message, at, value)
      continue
    }
    at = writeVarint(message, at, (field << 3) | wireTypes.bytes)
    if (value instanceof Uint8Array) {
      at = writeVarint(message, at, value.length)
      message.set(value, at)
      at += value.length
    } else {
      at = writeVarint(message, at, lengthOf(value))
      at = write(value, message, at)
    }
  }
  return at
}

/** Writes a whole number of up to 32 bits and says where what follows it begins. */
export function writeVarint(message: Uint8Array, start: number, value: number): number {
  let at = start
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) message[at++] = (rest & 0x7f) | 0x80
  message[at++] = rest
  return at
}

export function varintLength(value: number): number {
  let length = 1
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) length++
  return length
}
