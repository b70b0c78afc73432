/** A field of a message: a number for a varint, bytes for everything that has a length. */
export type WireValue = number | Uint8Array

// Wire types of https://protobuf.dev/programming-guides/encoding
const varint = 0
const fixed64 = 1
const lengthDelimited = 2
const fixed32 = 5

/** Writes a message. Numbers are unsigned, of up to 32 bits. */
export function writeMessage(fields: readonly (readonly [field: number, value: WireValue])[]): Uint8Array {
  const bytes: number[] = []
  const parts: { readonly at: number; readonly value: Uint8Array }[] = []
  let size = 0
  for (const [field, value] of fields) {
    const isNumber = typeof value === 'number'
    writeVarint(bytes, field * 8 + (isNumber ? varint : lengthDelimited))
    writeVarint(bytes, isNumber ? value : value.length)
    if (isNumber) continue
    parts.push({ at: bytes.length, value })
    size += value.length
  }
  const message = new Uint8Array(bytes.length + size)
  let written = 0
  let taken = 0
  for (const { at, value } of parts) {
    message.set(bytes.slice(taken, at), written)
    message.set(value, written + at - taken)
    written += at - taken + value.length
    taken = at
  }
  message.set(bytes.slice(taken), written)
  return message
}

/**
 * Reads the varints of up to 32 bits and the fields with a length; the last of a number counts, and
 * others are skipped. Throws a RangeError for what is no message.
 */
export function readMessage(bytes: Uint8Array): Map<number, WireValue> {
  const fields = new Map<number, WireValue>()
  const reader = new WireReader(bytes)
  while (!reader.done) {
    const tag = reader.varint()
    const field = tag >>> 3
    switch (tag & 7) {
      case varint:
        fields.set(field, reader.varint())
        break
      case lengthDelimited:
        fields.set(field, reader.bytes(reader.varint()))
        break
      case fixed64:
        reader.bytes(8)
        break
      case fixed32:
        reader.bytes(4)
        break
      default:
        throw new RangeError('unknown wire type')
    }
  }
  return fields
}

class WireReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  /** The lower 32 bits of a varint, which has 64 at most. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) break
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new RangeError('a varint does not end')
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new RangeError('a field does not end')
    const value = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return value
  }
}

function writeVarint(bytes: number[], value: number): void {
  let rest = value >>> 0
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
}
