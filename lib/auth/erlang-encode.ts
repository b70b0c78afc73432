import { TermEncodeFailed } from '../errors.js'
import { Atom, formatVersion, maxAtomLength, maxTermBytes, maxTermDepth, Tuple, tags } from './erlang-term.js'

/**
 * Writes a value as an Erlang term, with the bytes that `term_to_binary` of Erlang/OTP 25 makes of the
 * same term, and that every version reads. Booleans and null become the atoms `true`, `false` and `nil`, strings and bytes
 * binaries, whole numbers and bigints integers, other numbers floats, arrays lists, and objects maps
 * with binaries as keys; an {@link Atom} or a {@link Tuple} is what it says, and a `Map` may have
 * atoms as keys. Throws `PHX_ERR_AUTH_TERM_ENCODE` for every other value, and for one over
 * {@link maxTermBytes} or {@link maxTermDepth}, circular ones included.
 */
export function encodeTerm(value: unknown): Buffer {
  const writer = new TermWriter()
  writer.write(value, 0)
  return writer.bytes
}

class TermWriter {
  readonly #parts: Buffer[] = [Buffer.from([formatVersion])]
  #length = 1

  get bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  write(value: unknown, depth: number): void {
    if (depth > maxTermDepth) throw new TermEncodeFailed('too deep')
    switch (typeof value) {
      case 'boolean':
        return this.#atom(String(value))
      case 'string':
        return this.#binary(Buffer.from(value))
      case 'bigint':
        return this.#integer(value)
      case 'number':
        return Number.isSafeInteger(value) ? this.#integer(BigInt(value)) : this.#float(value)
      case 'object':
        return this.#object(value, depth)
      default:
        throw new TermEncodeFailed(`there is no term for ${typeof value}`)
    }
  }

  #object(value: object | null, depth: number): void {
    if (value === null) return this.#atom('nil')
    if (value instanceof Atom) return this.#atom(value.name)
    if (value instanceof Tuple) return this.#tuple(value.elements, depth)
    if (value instanceof Uint8Array) return this.#binary(value)
    if (Array.isArray(value)) return this.#list(value, depth)
    if (value instanceof Map) return this.#map([...value], depth)
    const prototype: unknown = Object.getPrototypeOf(value)
    // A Date or the like would become an empty map without a word.
    if (prototype !== Object.prototype && prototype !== null) throw new TermEncodeFailed('no plain object')
    this.#map(Object.entries(value), depth)
  }

  #atom(name: unknown): void {
    if (typeof name !== 'string' || [...name].length > maxAtomLength) {
      throw new TermEncodeFailed('an atom is a string of at most 255 characters')
    }
    const latin1 = Buffer.from(name, 'latin1')
    const utf8 = Buffer.from(name)
    if (latin1.toString('latin1') === name) this.#counted(tags.atom, 2, latin1)
    else if (utf8.length <= 255) this.#counted(tags.smallAtomUtf8, 1, utf8)
    else this.#counted(tags.atomUtf8, 2, utf8)
  }

  #binary(bytes: Uint8Array): void {
    this.#counted(tags.binary, 4, bytes)
  }

  #integer(value: bigint): void {
    if (value >= 0n && value <= 255n) return this.#head(tags.smallInteger, 1, Number(value))
    if (value >= -(2n ** 31n) && value < 2n ** 31n) {
      const bytes = Buffer.of(tags.integer, 0, 0, 0, 0)
      bytes.writeInt32BE(Number(value), 1)
      return this.#push(bytes)
    }
    const hex = (value < 0n ? -value : value).toString(16)
    const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').reverse()
    if (digits.length <= 255) this.#head(tags.smallBig, 1, digits.length)
    else this.#head(tags.largeBig, 4, digits.length)
    this.#push(Buffer.of(value < 0n ? 1 : 0))
    this.#push(digits)
  }

  #float(value: number): void {
    if (!Number.isFinite(value)) throw new TermEncodeFailed('there is no term for NaN and infinity')
    const bytes = Buffer.alloc(9, tags.newFloat)
    bytes.writeDoubleBE(value, 1)
    this.#push(bytes)
  }

  #tuple(elements: readonly unknown[], depth: number): void {
    if (elements.length <= 255) this.#head(tags.smallTuple, 1, elements.length)
    else this.#head(tags.largeTuple, 4, elements.length)
    for (const element of elements) this.write(element, depth + 1)
  }

  #list(list: readonly unknown[], depth: number): void {
    if (list.length === 0) return this.#push(Buffer.of(tags.nil))
    if (isByteList(list)) {
      return this.#counted(tags.string, 2, Buffer.from(list))
    }
    this.#head(tags.list, 4, list.length)
    for (const element of list) this.write(element, depth + 1)
    this.#push(Buffer.of(tags.nil))
  }

  #map(entries: [key: unknown, value: unknown][], depth: number): void {
    this.#head(tags.map, 4, entries.length)
    // Erlang keeps the keys of a small map in the order of its terms.
    for (const [key, value] of entries.map(withKey).sort(byKey)) {
      this.write(key, depth + 1)
      this.write(value, depth + 1)
    }
  }

  #counted(tag: number, size: number, bytes: Uint8Array): void {
    this.#head(tag, size, bytes.length)
    this.#push(bytes)
  }

  #head(tag: number, size: number, value: number): void {
    const bytes = Buffer.alloc(1 + size, tag)
    bytes.writeUIntBE(value, 1, size)
    this.#push(bytes)
  }

  #push(bytes: Uint8Array): void {
    this.#length += bytes.length
    if (this.#length > maxTermBytes) throw new TermEncodeFailed('too large')
    this.#parts.push(Buffer.from(bytes))
  }
}

/** What Erlang writes as a string; longer lists of bytes are written as any other list. */
function isByteList(list: readonly unknown[]): list is readonly number[] {
  return (
    list.length <= 65_535 &&
    list.every((item) => Number.isInteger(item) && (item as number) >= 0 && (item as number) <= 255)
  )
}

function withKey([key, value]: [key: unknown, value: unknown]): [key: Atom | string, value: unknown] {
  if (typeof key === 'string' || key instanceof Atom) return [key, value]
  throw new TermEncodeFailed('a key of a map is a string or an atom')
}

type Entry = [key: Atom | string, value: unknown]

/** Atoms come before binaries; both are ordered by their bytes. */
function byKey([a]: Entry, [b]: Entry): number {
  if (a instanceof Atom !== b instanceof Atom) return a instanceof Atom ? -1 : 1
  return Buffer.compare(Buffer.from(textOf(a)), Buffer.from(textOf(b)))
}

const textOf = (key: Atom | string): string => (typeof key === 'string' ? key : key.name)
