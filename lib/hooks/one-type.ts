import { isObject } from '../util/is-object.js'
import type { JSONSchema } from '../util/json-schema.js'

/** What a schema takes that names one of these types; numbers that are not finite are none in JSON. */
const types = {
  string: (value: unknown) => typeof value === 'string',
  number: Number.isFinite,
  integer: Number.isInteger,
  boolean: (value: unknown) => typeof value === 'boolean',
  null: (value: unknown) => value === null
} as const satisfies Record<string, (value: unknown) => boolean>

type OneType = keyof typeof types

/** The type of a schema that says nothing else, as `{ type: 'number' }`: many do, and no compiler is loaded for them. */
export function oneType(schema: JSONSchema): OneType | undefined {
  if (!isObject(schema) || Object.keys(schema).length !== 1) return undefined
  const { type } = schema
  return typeof type === 'string' && Object.hasOwn(types, type) ? (type as OneType) : undefined
}

export function isOfType(type: OneType): (value: unknown) => boolean {
  return types[type]
}
