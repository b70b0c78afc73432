import type { FieldContents } from './message-codec.js'
import { fromWire64, integer32, misfit, toWire64, type ValueCodec, wellFormed } from './value-codec.js'

/** A `repeated` field: an array in both views. */
export function list(field: string, item: ValueCodec): FieldContents {
  return {
    toWire(value, around) {
      if (!Array.isArray(value)) return misfit(field, 'an array')
      // Unlike `map`, this does not pass over the holes of an array.
      return Array.from(value, (member) => item.toWire(member, around))
    },
    fromWire: (wire, budget) => (wire as unknown[]).map((member) => item.fromWire(member, budget)),
    absent: { kind: 'list' }
  }
}

/** How the keys of a map are written: object keys are strings, whatever they are in the message. */
export interface KeyCodec {
  toWire(key: string): string
  /** @param isDecoded whether the key comes from the protobuf library, and not from {@link toWire}. */
  fromWire(key: string, isDecoded: boolean): string
}

/** A `map` field: an object in both views, as JSON.parse makes it, so that `__proto__` is a key like others. */
export function map(field: string, keys: KeyCodec, item: ValueCodec): FieldContents {
  return {
    toWire(value, around) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return misfit(field, 'an object')
      }
      const wire: Record<string, unknown> = Object.create(null)
      for (const [key, member] of Object.entries(value)) {
        if (member !== undefined) wire[keys.toWire(key)] = item.toWire(member, around)
      }
      return wire
    },
    fromWire(wire, budget) {
      const isDecoded = Object.getPrototypeOf(wire) !== null
      const value = {}
      for (const [key, member] of Object.entries(wire as object)) {
        setOwn(value, keys.fromWire(key, isDecoded), item.fromWire(member, budget))
      }
      return value
    },
    absent: { kind: 'map' }
  }
}

/** `string`, or one of the integer types, or `bool`. */
export function keyCodec(field: string, type: string): KeyCodec {
  if (type === 'string') return { toWire: (key) => wellFormed(field, key), fromWire: same }
  if (type === 'bool') {
    return {
      toWire: (key) => (key === 'true' || key === 'false' ? key : misfit(field, 'with keys true and false')),
      fromWire: same
    }
  }
  const signed = !type.startsWith('u') && !type.startsWith('f')
  return type.endsWith('64') ? keys64(field, signed) : keys32(field, signed)
}

/** The form that a number is written in: another form of the same number would be the same key twice. */
const canonical = /^(?:0|-?[1-9]\d{0,19})$/

function keys32(field: string, signed: boolean): KeyCodec {
  const numbers = integer32(field, signed)
  return {
    toWire: (key) => String(numbers.toWire(canonical.test(key) ? Number(key) : undefined, [])),
    fromWire: same
  }
}

function keys64(field: string, signed: boolean): KeyCodec {
  return {
    toWire(key) {
      if (!canonical.test(key)) misfit(field, 'with integers as keys')
      toWire64(field, BigInt(key), signed)
      return key
    },
    // The library has a key that it decoded as eight characters, one for each byte.
    fromWire(key, isDecoded) {
      if (!isDecoded || key.length !== 8) return key
      const bytes = Buffer.from(key, 'latin1')
      return fromWire64({ low: bytes.readInt32LE(0), high: bytes.readInt32LE(4) }, signed).toString()
    }
  }
}

function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}

function same(key: string): string {
  return key
}
