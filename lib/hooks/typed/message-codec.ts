import { type Absent, compileBlank } from './blank.js'
import type { FieldBudget } from './field-budget.js'
import { misfit, type ValueCodec } from './value-codec.js'

/** Messages inside each other; as deep as the protobuf library decodes. */
export const maxDepth = 100

/** What a field holds: one value, or many. */
export interface FieldContents extends ValueCodec {
  readonly absent: Absent
}

/** One field of a message in one view. */
export interface FieldCodec extends FieldContents {
  /** As it stands in the proto text. */
  readonly name: string
  /** Further names that it may have in a value. */
  readonly aliases: readonly string[]
  /** The fields that cannot be there beside it: itself under another name, and those of its oneof. */
  readonly excludes: readonly string[]
}

type Fields = Record<string, unknown>

/** A message in one view: an object with a member for each field, by its name in the proto text. */
export class MessageCodec implements ValueCodec {
  readonly #name: string
  readonly #ignoresUnknown: boolean
  readonly #byName = new Map<string, FieldCodec>()
  #size = 0
  #createBlank: () => Fields = () => ({})

  constructor(name: string, ignoresUnknown: boolean) {
    this.#name = name
    this.#ignoresUnknown = ignoresUnknown
  }

  /** Says what it has: once, and only after it was made, as a message may contain itself. */
  define(fields: readonly FieldCodec[]): void {
    for (const field of fields) {
      for (const alias of field.aliases) if (!this.#byName.has(alias)) this.#byName.set(alias, field)
    }
    for (const field of fields) this.#byName.set(field.name, field)
    this.#size = fields.length
    this.#createBlank = compileBlank(fields)
  }

  /** Members that are undefined or null count as absent. */
  toWire(value: unknown, around: object[]): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return misfit(this.#name, 'an object')
    }
    if (around.length > maxDepth) misfit(this.#name, `inside at most ${maxDepth} messages`)
    // A circle would be gone round up to that depth, and so often as it branches.
    if (around.includes(value)) misfit(this.#name, 'not inside itself')
    around.push(value)
    const members = value as Fields
    const wire: Fields = {}
    for (const name of Object.keys(members)) {
      const member = members[name]
      if (member === undefined || member === null) continue
      const field = this.#find(name)
      if (field === undefined) continue
      for (const other of field.excludes) {
        if (Object.hasOwn(wire, other)) misfit(this.#name, `without ${other} beside ${field.name}`)
      }
      wire[field.name] = field.toWire(member, around)
    }
    around.pop()
    return wire
  }

  fromWire(wire: unknown, budget: FieldBudget): Fields {
    budget.spend(this.#size)
    const fields = wire as Fields
    const value = this.#createBlank()
    // What the library's objects inherit are defaults of its own.
    for (const name of Object.keys(fields)) {
      const field = this.#byName.get(name)
      if (field !== undefined) value[name] = field.fromWire(fields[name], budget)
    }
    return value
  }

  #find(name: string): FieldCodec | undefined {
    const field = this.#byName.get(name)
    return field === undefined && !this.#ignoresUnknown ? misfit(this.#name, `without ${name}`) : field
  }
}
