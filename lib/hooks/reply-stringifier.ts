// The only module that imports fast-json-stringify.
import { createRequire } from 'node:module'
import { EncodeFailed } from '../errors.js'
import { textToSend, wellFormedText } from '../protocol/serializer/json-text-check.js'
import { isObject } from '../util/is-object.js'
import type { JSONSchema } from '../util/json-schema.js'
import { lazy } from '../util/lazy.js'

/** Turns a value into JSON text; throws when it cannot, or when the value does not fit. */
export type ReplyStringifier = (value: unknown) => string

type SchemaObject = Exclude<JSONSchema, boolean>

/** Takes a plain copy of a value, or `unfit` when only `JSON.stringify` knows how to write it. */
type Snapshot = (value: unknown) => unknown

type Compiler = typeof import('fast-json-stringify').default

const compiler = lazy(() => createRequire(import.meta.url)('fast-json-stringify') as Compiler)

const unfit = Symbol('unfit')
const leafTypes: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'null'])

/** Deeper schemas are left to `JSON.stringify`; fast-json-stringify itself ends at 100. */
const maxDepth = 50

/** Keywords that can only forbid values, or say nothing about them. */
const harmlessKeywords: ReadonlySet<string> = new Set(
  (
    '$comment $id $schema title description examples default deprecated readOnly writeOnly ' +
    'format enum const pattern minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum ' +
    'multipleOf minItems maxItems uniqueItems minProperties maxProperties required'
  ).split(' ')
)

/**
 * Compiles a JSON Schema into a stringifier. `fits` says whether a value is valid against that
 * schema, without converting anything or taking NaN for a number. The text always holds the whole
 * value that `JSON.stringify` would write, and that value is valid; the members of an object may come
 * in the order of the schema. A value without JSON (`undefined`, a function, a symbol) counts as `null`.
 *
 * fast-json-stringify trusts its schema: it leaves out what the schema does not name and converts
 * what has another type. So it only gets *closed* schemas, which leave it nothing to leave out or to
 * convert, and a plain copy of the value that `fits` has seen. Everything else is written by
 * `JSON.stringify`, and the text is read back for `fits`, since a `toJSON` may have changed the value.
 *
 * The stringifier throws `PHX_ERR_SERIALIZER_ENCODE` when the value does not fit, and whatever
 * `JSON.stringify` throws, and a RangeError for what is too deep.
 */
export function compileReplyStringifier(
  schema: JSONSchema,
  fits: (value: unknown) => boolean
): ReplyStringifier {
  const stringify = (value: unknown) => {
    const json = textToSend(JSON.stringify(value))
    if (!fits(JSON.parse(json))) throw new EncodeFailed('the value does not fit its schema')
    return json
  }
  const closed = closedSchema(schema, 0)
  if (closed === undefined) return stringify
  // A primitive is written by JSON.stringify as well as by what is compiled for it.
  if (leafTypes.has(closed.type)) {
    return (value) => (fits(value) ? wellFormedText(JSON.stringify(value)) : stringify(value))
  }

  const snapshot = compileSnapshot(closed) ?? ((value: unknown) => value)
  const write = compiler()(closed)
  return (value) => {
    const copy = snapshot(value)
    return copy !== unfit && fits(copy) ? wellFormedText(write(copy)) : stringify(value)
  }
}

/** The bare structure of a closed schema; undefined when the schema is not closed. */
function closedSchema(schema: unknown, depth: number): SchemaObject | undefined {
  if (!isObject(schema) || depth > maxDepth) return undefined
  const { type, properties = {}, additionalProperties, items, ...rest } = schema
  if (!Object.keys(rest).every((keyword) => harmlessKeywords.has(keyword))) return undefined

  if (leafTypes.has(type)) return { type }
  if (type === 'array') {
    const item = closedSchema(items, depth + 1)
    return item && { type, items: item }
  }
  if (type !== 'object' || additionalProperties !== false || !isObject(properties)) return undefined

  const members: Record<string, SchemaObject> = {}
  for (const [name, part] of Object.entries(properties)) {
    const member = closedSchema(part, depth + 1)
    // An object has a `constructor` without having one of its own.
    if (member === undefined || name === 'toJSON' || name in Object.prototype) return undefined
    members[name] = member
  }
  return { type, properties: members, additionalProperties: false }
}

/**
 * Getters, proxies and prototypes could show the validator one value and the writer another. A copy
 * that is made by reading everything once, and only what `JSON.stringify` would read, cannot.
 * Primitives need none: undefined.
 */
function compileSnapshot(schema: SchemaObject): Snapshot | undefined {
  if (schema.type === 'array') return arraySnapshot(compileSnapshot(schema.items as SchemaObject))
  if (schema.type === 'object') return objectSnapshot(schema.properties as Record<string, SchemaObject>)
  return undefined
}

function arraySnapshot(item: Snapshot | undefined): Snapshot {
  return (value) => {
    if (!Array.isArray(value) || Object.getPrototypeOf(value) !== Array.prototype || hasToJSON(value)) {
      return unfit
    }
    const copy: unknown[] = value.slice()
    if (item === undefined) return copy
    for (let i = 0; i < copy.length; i++) {
      const part = item(copy[i])
      if (part === unfit) return unfit
      copy[i] = part
    }
    return copy
  }
}

function objectSnapshot(properties: Record<string, SchemaObject>): Snapshot {
  const nested: [name: string, snapshot: Snapshot][] = []
  for (const [name, schema] of Object.entries(properties)) {
    const snapshot = compileSnapshot(schema)
    if (snapshot !== undefined) nested.push([name, snapshot])
  }
  return (value) => {
    if (!isObject(value) || Object.getPrototypeOf(value) !== Object.prototype || hasToJSON(value)) {
      return unfit
    }
    const copy = { ...value }
    for (const [name, snapshot] of nested) {
      if (copy[name] === undefined) continue
      const part = snapshot(copy[name])
      if (part === unfit) return unfit
      copy[name] = part
    }
    return copy
  }
}

function hasToJSON(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function'
}
