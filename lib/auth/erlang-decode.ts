import { isUtf8 } from 'node:buffer'
import { TermDecodeFailed } from '../errors.js'
import { formatVersion, maxAtomLength, maxTermBytes, maxTermDepth, type Term, tags } from './erlang-term.js'

/**
 * Reads an Erlang term that is nothing but data, and all of the bytes; see {@link Term} for what
 * becomes of what. Throws `PHX_ERR_AUTH_TERM_DECODE` for anything else: other kinds of terms,
 * compressed ones, improper lists, keys that are no text or are there twice, and a term over
 * {@link maxTermBytes} or {@link maxTermDepth}.
 */
export function decodeTerm(bytes: Uint8Array): Term {
  if (bytes.length > maxTermBytes) throw new TermDecodeFailed('too large')
  const reader = new TermReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  return reader.readAll()
}

/** Whether an encoded term is a tuple, which `decodeTerm` makes an array of, as of a list. */
export function isTuple(bytes: Uint8Array): boolean {
  return bytes[1] === tags.smallTuple || bytes[1] === tags.largeTuple
}

class TermReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  readAll(): Term {
    if (this.#uint(1) !== formatVersion) throw new TermDecodeFailed('not of format version 131')
    const term = this.#term(0)
    if (this.#offset !== this.#bytes.length) throw new TermDecodeFailed('something follows the term')
    return term
  }

  #term(depth: number): Term {
    if (depth > maxTermDepth) throw new TermDecodeFailed('too deep')
    const tag = this.#uint(1)
    switch (tag) {
      case tags.smallInteger:
        return this.#uint(1)
      case tags.integer:
        return this.#take(4).readInt32BE()
      case tags.smallBig:
        return this.#big(this.#uint(1))
      case tags.largeBig:
        return this.#big(this.#uint(4))
      case tags.newFloat:
        return this.#float()
      case tags.binary:
        return this.#binary(this.#uint(4))
      case tags.string:
        return [...this.#take(this.#uint(2))]
      case tags.nil:
        return []
      case tags.list:
        return this.#list(this.#uint(4), depth)
      case tags.smallTuple:
        return this.#elements(this.#uint(1), depth)
      case tags.largeTuple:
        return this.#elements(this.#uint(4), depth)
      case tags.map:
        return this.#map(this.#uint(4), depth)
      default:
        return this.#atom(tag)
    }
  }

  #float(): number {
    const value = this.#take(8).readDoubleBE()
    if (!Number.isFinite(value)) throw new TermDecodeFailed('no finite number')
    return value
  }

  #big(size: number): number | bigint {
    const sign = this.#uint(1)
    if (sign > 1) throw new TermDecodeFailed('an integer without a proper sign')
    const digits = Buffer.from(this.#take(size)).reverse().toString('hex')
    const magnitude = BigInt(`0x0${digits}`)
    const value = sign === 1 ? -magnitude : magnitude
    const asNumber = Number(value)
    return Number.isSafeInteger(asNumber) ? asNumber : value
  }

  #binary(size: number): string | Uint8Array {
    const bytes = this.#take(size)
    return isUtf8(bytes) ? bytes.toString() : new Uint8Array(bytes)
  }

  #list(count: number, depth: number): Term[] {
    const list = this.#elements(count, depth)
    if (this.#uint(1) !== tags.nil) throw new TermDecodeFailed('an improper list')
    return list
  }

  #elements(count: number, depth: number): Term[] {
    this.#demand(count)
    const elements: Term[] = []
    for (let i = 0; i < count; i++) elements.push(this.#term(depth + 1))
    return elements
  }

  #map(count: number, depth: number): Term {
    this.#demand(count * 2)
    // The names come from outside: there must be no prototype that they could reach.
    const map: { [key: string]: Term } = Object.create(null)
    for (let i = 0; i < count; i++) {
      const key = this.#key()
      if (key in map) throw new TermDecodeFailed('a key that is there twice')
      map[key] = this.#term(depth + 1)
    }
    return map
  }

  #key(): string {
    const tag = this.#uint(1)
    const key = tag === tags.binary ? this.#binary(this.#uint(4)) : this.#atomName(tag)
    if (typeof key !== 'string') throw new TermDecodeFailed('a key that is no text')
    return key
  }

  #atom(tag: number): Term {
    const name = this.#atomName(tag)
    if (name === 'nil') return null
    if (name === 'true') return true
    return name === 'false' ? false : name
  }

  #atomName(tag: number): string {
    switch (tag) {
      case tags.atom:
        return this.#take(this.#atomLength(2, maxAtomLength)).toString('latin1')
      case tags.smallAtom:
        return this.#take(this.#uint(1)).toString('latin1')
      case tags.atomUtf8:
        // Up to four bytes for a character.
        return this.#utf8Name(this.#atomLength(2, maxAtomLength * 4))
      case tags.smallAtomUtf8:
        return this.#utf8Name(this.#uint(1))
      default:
        throw new TermDecodeFailed(`a term of kind ${tag}`)
    }
  }

  #atomLength(size: number, limit: number): number {
    const length = this.#uint(size)
    if (length > limit) throw new TermDecodeFailed('an atom that is too long')
    return length
  }

  #utf8Name(size: number): string {
    const bytes = this.#take(size)
    if (!isUtf8(bytes)) throw new TermDecodeFailed('an atom that is not UTF-8')
    return bytes.toString()
  }

  #uint(size: number): number {
    return this.#take(size).readUIntBE(0, size)
  }

  #take(size: number): Buffer {
    this.#demand(size)
    const start = this.#offset
    this.#offset += size
    return this.#bytes.subarray(start, this.#offset)
  }

  /** So many bytes must be left: a count is believed only as far as there can be so many terms. */
  #demand(size: number): void {
    if (size > this.#bytes.length - this.#offset) throw new TermDecodeFailed('shorter than it says')
  }
}
