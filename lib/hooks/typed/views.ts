import { floating, fromWire64, misfit, toWire64, type ValueCodec, type Wire64 } from './value-codec.js'

/** How the kinds look on which the views of a message differ. */
export interface View {
  /** Whether a member that the message has no field for is passed over, as unknown fields of protobuf are. */
  readonly ignoresUnknown: boolean
  /** Whether the lowerCamelCase names of ProtoJSON are taken as well. */
  readonly takesJsonNames: boolean
  integer64(field: string, signed: boolean): ValueCodec
  floating(field: string, bits: 32 | 64): ValueCodec
  bytes(field: string): ValueCodec
}

/** What hooks see and return. */
export const hookView: View = {
  ignoresUnknown: false,
  takesJsonNames: false,

  /** Always a bigint; a hook may return a number where it is a safe integer. */
  integer64: (field, signed) => ({
    toWire: (value) => toWire64(field, readInteger(field, value), signed),
    fromWire: (wire) => fromWire64(wire as Wire64, signed)
  }),

  floating: (field, bits) => ({
    toWire: (value) => (typeof value === 'number' ? floating(field, bits, value) : misfit(field, 'a number')),
    fromWire: (wire) => wire
  }),

  bytes: (field) => ({
    toWire: (value) => (value instanceof Uint8Array ? value : misfit(field, 'a Uint8Array')),
    fromWire: bytesOf
  })
}

const decimal = /^-?\d{1,20}$/
const base64 = /^[\w+/-]*={0,2}$/
const notFinite: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY]
])

/** The JSON of a message: ProtoJSON, with the names of fields as they stand in the proto text. */
export const jsonView: View = {
  ignoresUnknown: true,
  takesJsonNames: true,

  /** Decimal strings, as numbers of JSON lose digits; safe integers are taken, too. */
  integer64: (field, signed) => ({
    toWire(value) {
      const isDecimal = typeof value === 'string' && decimal.test(value)
      return toWire64(field, isDecimal ? BigInt(value) : readInteger(field, value), signed)
    },
    fromWire: (wire) => fromWire64(wire as Wire64, signed).toString()
  }),

  floating: (field, bits) => ({
    toWire(value) {
      if (typeof value === 'number') return floating(field, bits, value)
      return notFinite.get(value) ?? misfit(field, 'a number')
    },
    fromWire: (wire) => (Number.isFinite(wire) ? wire : String(wire))
  }),

  /** Written in standard base64; read in that and in the form for URLs, padded or not. */
  bytes: (field) => ({
    toWire(value) {
      const isBase64 = typeof value === 'string' && base64.test(value) && isWhole(value)
      return isBase64 ? Buffer.from(value, 'base64') : misfit(field, 'a base64 string')
    },
    fromWire(wire) {
      const { buffer, byteOffset, byteLength } = bytesOf(wire)
      return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
    }
  })
}

/** The library has an empty array where an entry of a map has no value. */
function bytesOf(wire: unknown): Uint8Array {
  return wire instanceof Uint8Array ? wire : new Uint8Array()
}

function readInteger(field: string, value: unknown): bigint {
  if (typeof value === 'bigint') return value
  if (!Number.isSafeInteger(value)) misfit(field, 'an integer')
  return BigInt(value as number)
}

/** Base64 without its padding never ends after the first character of four; with it, at a fourth. */
function isWhole(text: string): boolean {
  const length = text.length
  return text.endsWith('=') ? length % 4 === 0 : length % 4 !== 1
}
