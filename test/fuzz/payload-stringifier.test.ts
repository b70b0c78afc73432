import { Ajv } from 'ajv'
import fc from 'fast-check'
import t from 'tap'
import { compileReplyStringifier } from '../../lib/hooks/reply-stringifier.js'
import type { JSONSchema } from '../../lib/util/json-schema.js'

const ajv = new Ajv({
  ownProperties: true,
  addUsedSchema: false,
  logger: false,
  strict: false,
  strictNumbers: true
})

const names = fc.oneof(
  fc.constantFrom('a', 'b', 'c', '', '1', '"', '\\', 'é\u2028', 'toJSON', 'constructor', 'length'),
  fc.string({ unit: 'binary', maxLength: 3 }).filter((name) => name !== '__proto__')
)

const leafSchema = fc.constantFrom<JSONSchema>(
  { type: 'string' },
  { type: 'string', maxLength: 3, title: 'short' },
  { type: 'number' },
  { type: 'integer', default: 1 },
  { type: 'boolean' },
  { type: 'null' }
)
const openSchema = fc.constantFrom<JSONSchema>(
  true,
  {},
  { type: ['string', 'number'] },
  { type: 'string', nullable: true },
  { type: 'object' },
  { type: 'array' },
  { anyOf: [{ type: 'string' }, { type: 'object' }] }
)

const schemas: fc.Arbitrary<JSONSchema> = fc.letrec<{ schema: JSONSchema }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leafSchema,
    { weight: 1, arbitrary: openSchema },
    tie('schema').map((items) => ({ type: 'array', items })),
    fc
      .record({
        properties: fc.dictionary(names, tie('schema'), { maxKeys: 4, noNullPrototype: true }),
        additionalProperties: fc.oneof(
          { weight: 5, arbitrary: fc.constant(false) },
          { weight: 1, arbitrary: fc.boolean() }
        ),
        required: fc.constantFrom<string[]>([], ['a'])
      })
      .map((object) => ({ type: 'object', ...object }))
  )
})).schema

const odd = fc.constantFrom<unknown>(
  undefined,
  Number.NaN,
  Infinity,
  -0,
  1e21,
  new Date(0),
  new Map(),
  Object(1),
  Object('x'),
  () => 1,
  Symbol('x'),
  { toJSON: () => 'x' },
  { toJSON: () => ({ a: 'x' }) },
  Object.create({ a: 'x', b: 1 }),
  Object.defineProperty({ a: 'x' }, 'b', { value: 1 }),
  Object.assign(['x'], { toJSON: () => [1] }),
  new (class extends Array {})(2),
  /x/,
  '\ud800',
  'x'.repeat(50)
)

/** Values that mostly fit the schema. */
function valueFor(schema: JSONSchema): fc.Arbitrary<unknown> {
  const {
    type,
    items,
    properties = {}
  } = schema as { type?: unknown; items?: JSONSchema; properties?: object }
  const fitting = (): fc.Arbitrary<unknown> => {
    if (type === 'string') return fc.string({ unit: 'binary' })
    if (type === 'number') return fc.double({ noNaN: true, noDefaultInfinity: true })
    if (type === 'integer') return fc.integer()
    if (type === 'boolean') return fc.boolean()
    if (type === 'null') return fc.constant(null)
    if (type === 'array' && items !== undefined) return fc.array(valueFor(items), { maxLength: 4 })
    if (type !== 'object') return fc.jsonValue()
    const parts = Object.entries(properties).map(
      ([name, part]) => [name, valueFor(part as JSONSchema)] as const
    )
    return fc.record(Object.fromEntries(parts), { requiredKeys: [] })
  }
  return fc.oneof(
    { weight: 20, arbitrary: fitting() },
    { weight: 1, arbitrary: fc.jsonValue() },
    { weight: 1, arbitrary: odd }
  )
}

const cases = schemas.chain((schema) => fc.tuple(fc.constant(schema), valueFor(schema)))

t.test('what is written is what JSON.stringify writes, and fits; or the call fails', async (t) => {
  let written = 0
  let refused = 0
  fc.assert(
    fc.property(cases, ([schema, value]) => {
      const fits = ajv.compile(schema)
      const stringify = compileReplyStringifier(schema, fits)
      const expected: unknown = JSON.parse(JSON.stringify(value) ?? 'null')
      let text: string
      try {
        text = stringify(value)
      } catch (err) {
        refused++
        return (err as { code?: string }).code === 'PHX_ERR_SERIALIZER_ENCODE' && !fits(expected)
      }
      written++
      const found: unknown = JSON.parse(text)
      return canonical(found) === canonical(wellFormed(expected)) && fits(found)
    }),
    { numRuns: 2000 }
  )
  t.ok(written > 500, `${written} written`)
  t.ok(refused > 20, `${refused} refused`)
})

/** Half a surrogate pair reaches nobody, in names of members neither. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return Buffer.from(value).toString()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [Buffer.from(name).toString(), wellFormed(part)])
  )
}

/** The order of members is no part of a JSON value. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))
      : part
  )
}
