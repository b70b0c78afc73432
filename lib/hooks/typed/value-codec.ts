import { HookMessageInvalid } from '../../errors.js'
import type { FieldBudget } from './field-budget.js'

/**
 * Turns the values of one kind into what the protobuf library encodes, and back. There are two views of
 * a message: what hooks see, and its JSON.
 */
export interface ValueCodec {
  /**
   * @param around the objects that the value is inside of.
   * @throws PHX_ERR_HOOKS_MESSAGE for a value of another kind; nothing is ever converted to fit.
   */
  toWire(value: unknown, around: object[]): unknown
  /** @throws PHX_ERR_HOOKS_MESSAGE when there are more fields in it than `budget` has. */
  fromWire(wire: unknown, budget: FieldBudget): unknown
}

/** A 64-bit integer as the protobuf library has it. */
export interface Wire64 {
  readonly low: number
  readonly high: number
}

const loneSurrogate = /\p{Surrogate}/u

/** Throws what is wrong with the value of a field. */
export function misfit(field: string, expected: string): never {
  throw new HookMessageInvalid(field, expected)
}

/** `int32`, `uint32` and their like. */
export function integer32(field: string, signed: boolean): ValueCodec {
  const [min, max] = signed ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1]
  return {
    toWire(value) {
      if (!Number.isInteger(value)) misfit(field, 'an integer')
      const number = value as number
      if (number < min || number > max) misfit(field, `from ${min} to ${max}`)
      // Integers have no negative zero.
      return number === 0 ? 0 : number
    },
    fromWire: same
  }
}

export function boolean(field: string): ValueCodec {
  return {
    toWire: (value) => (typeof value === 'boolean' ? value : misfit(field, 'true or false')),
    fromWire: same
  }
}

export function string(field: string): ValueCodec {
  return { toWire: (value) => wellFormed(field, value), fromWire: same }
}

/** A string that UTF-8 can hold; any other would reach the client as something it cannot decode. */
export function wellFormed(field: string, value: unknown): string {
  if (typeof value !== 'string') misfit(field, 'a string')
  const text = value as string
  if (loneSurrogate.test(text)) misfit(field, 'without lone surrogates')
  return text
}

/** A number that is no integer: a `float` keeps what 32 bits can. */
export function floating(field: string, bits: 32 | 64, value: number): number {
  if (bits === 64) return value
  const rounded = Math.fround(value)
  if (!Number.isFinite(rounded) && Number.isFinite(value)) misfit(field, 'a number of 32 bits')
  return rounded
}

export function toWire64(field: string, value: bigint, signed: boolean): Wire64 {
  const fitting = signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)
  if (fitting !== value) misfit(field, `a ${signed ? 'signed' : 'unsigned'} integer of 64 bits`)
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)) }
}

export function fromWire64({ low, high }: Wire64, signed: boolean): bigint {
  const value = (BigInt(high) << 32n) | BigInt(low >>> 0)
  return signed ? value : BigInt.asUintN(64, value)
}

export interface EnumValues {
  readonly numbers: ReadonlyMap<string, number>
  /** Of several names of one number, the first. */
  readonly names: ReadonlyMap<number, string>
}

/** Names in both views. A number that has no name, as a newer client may send it, stays a number. */
export function enumeration(field: string, { numbers, names }: EnumValues): ValueCodec {
  const byNumber = integer32(field, true)
  return {
    toWire(value, around) {
      if (typeof value === 'number') return byNumber.toWire(value, around)
      const number = typeof value === 'string' ? numbers.get(value) : undefined
      return number ?? misfit(field, 'a name or number of its enum')
    },
    fromWire: (wire) => names.get(wire as number) ?? wire
  }
}

function same(wire: unknown): unknown {
  return wire
}
