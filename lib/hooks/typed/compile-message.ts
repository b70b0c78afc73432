import type { Enum, Field, FieldBase, MapField, Type } from 'protobufjs'
import type { Absent } from './blank.js'
import { keyCodec, list, map } from './collections.js'
import { unlimitedFields } from './field-budget.js'
import { type FieldCodec, type FieldContents, MessageCodec } from './message-codec.js'
import { protobuf } from './proto-text.js'
import { boolean, type EnumValues, enumeration, integer32, string, type ValueCodec } from './value-codec.js'
import type { View } from './views.js'

/** Compiles messages into one view of them, each once. */
export class MessageCompiler {
  readonly #view: View
  readonly #compiled = new Map<Type, MessageCodec>()

  constructor(view: View) {
    this.#view = view
  }

  compile(type: Type): MessageCodec {
    const compiled = this.#compiled.get(type)
    if (compiled !== undefined) return compiled
    const codec = new MessageCodec(nameOf(type), this.#view.ignoresUnknown)
    this.#compiled.set(type, codec)
    codec.define(type.fieldsArray.map((field) => this.#compileField(field)))
    return codec
  }

  #compileField(field: Field): FieldCodec {
    const name = nameOf(field)
    return {
      name: field.name,
      aliases: this.#view.takesJsonNames ? [field.jsonName] : [],
      excludes: field.partOf?.fieldsArray.map(({ name }) => name) ?? [field.name],
      ...this.#compileContents(field, name, this.#compileValue(field, name))
    }
  }

  #compileContents(field: Field, name: string, value: ValueCodec): FieldContents {
    if (isMap(field)) return map(name, keyCodec(name, field.keyType), value)
    if (field.repeated) return list(name, value)
    const hasPresence = field.hasPresence || isMessage(field.resolvedType)
    return { ...value, absent: hasPresence ? leftOut : defaultOf(field, value) }
  }

  /** What one value of the field is; there may be several where it is repeated. */
  #compileValue({ resolvedType, type }: Field, name: string): ValueCodec {
    if (isMessage(resolvedType)) return nested(this.compile(resolvedType))
    if (resolvedType !== null) return enumeration(name, enumValues(resolvedType))
    switch (type) {
      case 'double':
        return this.#view.floating(name, 64)
      case 'float':
        return this.#view.floating(name, 32)
      case 'bool':
        return boolean(name)
      case 'string':
        return string(name)
      case 'bytes':
        return this.#view.bytes(name)
      case 'uint64':
      case 'fixed64':
        return this.#view.integer64(name, false)
      case 'int64':
      case 'sint64':
      case 'sfixed64':
        return this.#view.integer64(name, true)
      default:
        return integer32(name, type !== 'uint32' && type !== 'fixed32')
    }
  }
}

function isMessage(type: Field['resolvedType']): type is Type {
  return type instanceof protobuf().Type
}

function isMap(field: FieldBase): field is MapField {
  return field.map
}

function nested(message: MessageCodec): ValueCodec {
  return {
    toWire: (value, around) => message.toWire(value, around),
    fromWire: (wire, budget) => message.fromWire(wire, budget)
  }
}

const leftOut: Absent = { kind: 'left out' }

/** The default of a field without presence, which proto3 fixes by its type. */
function defaultOf({ type, resolvedType }: Field, value: ValueCodec): Absent {
  return { kind: 'default', value: value.fromWire(resolvedType === null ? zeroOf(type) : 0, unlimitedFields) }
}

function zeroOf(type: string): unknown {
  if (type === 'string') return ''
  if (type === 'bool') return false
  if (type === 'bytes') return Buffer.alloc(0)
  return type.endsWith('64') ? { low: 0, high: 0 } : 0
}

function enumValues({ values }: Enum): EnumValues {
  const numbers = new Map(Object.entries(values))
  const names = new Map<number, string>()
  for (const [name, number] of numbers) if (!names.has(number)) names.set(number, name)
  return { numbers, names }
}

function nameOf({ fullName }: { fullName: string }): string {
  return fullName.replace(/^\./, '')
}
