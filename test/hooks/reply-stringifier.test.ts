import { Ajv } from 'ajv'
import t from 'tap'
import { compileReplyStringifier } from '../../lib/hooks/reply-stringifier.js'
import type { JSONSchema } from '../../lib/util/json-schema.js'

const ajv = new Ajv({ ownProperties: true, addUsedSchema: false, logger: false })
const compile = (schema: JSONSchema) => compileReplyStringifier(schema, ajv.compile(schema))

const point = {
  type: 'object',
  additionalProperties: false,
  required: ['x'],
  properties: { x: { type: 'number' }, y: { type: 'number' } }
}
const unfit = { code: 'PHX_ERR_SERIALIZER_ENCODE' }

t.test('a closed schema is compiled: its members come in the order of the schema', async (t) => {
  t.equal(compile(point)({ y: 1, x: 2 }), '{"x":2,"y":1}')
  t.equal(compile({ type: 'array', items: point })([{ y: 1, x: 2 }]), '[{"x":2,"y":1}]')
  t.equal(compile({ ...point, additionalProperties: true })({ y: 1, x: 2 }), '{"y":1,"x":2}')
})

t.test('what fast-json-stringify would lose or convert is written whole or refused', async (t) => {
  const leaf = (type: string) => compile({ type })
  t.equal(compile({ type: 'object' })({ any: [1] }), '{"any":[1]}')
  t.equal(compile({ type: 'array' })([1, 'a']), '[1,"a"]')
  t.equal(compile({})({ any: [1] }), '{"any":[1]}')
  t.equal(compile(true)('x'), '"x"')
  t.throws(() => compile(false)('x'), unfit)
  t.equal(compile({ type: ['string', 'null'] } as JSONSchema)(null), 'null')
  t.equal(compile({ type: 'string', nullable: true })(null), 'null')
  t.equal(
    compile({ type: 'array', items: [{}, {}], minItems: 2, additionalItems: false })([{ a: 1 }, 2]),
    '[{"a":1},2]'
  )
  t.throws(() => leaf('integer')(1.5), unfit)
  t.throws(() => leaf('number')('1'), unfit)
  t.throws(() => leaf('number')(Number.NaN), unfit)
  t.throws(() => leaf('string')(1), unfit)
  t.throws(() => leaf('boolean')(0), unfit)
  t.throws(() => leaf('null')('null'), unfit)
  t.throws(() => compile(point)({ x: 1, z: 1 }), unfit)
  t.throws(() => compile(point)({ y: 1 }), unfit)
  t.throws(() => compile(point)(null), unfit)
})

t.test('keywords that let more values in, or fill them in, keep a schema from being compiled', async (t) => {
  const schema = (more: object): JSONSchema => ({ ...point, ...more })
  t.equal(
    compile(schema({ patternProperties: { '^z': {} } }))({ x: 1, zz: { a: 1 } }),
    '{"x":1,"zz":{"a":1}}'
  )
  const withDefault = { ...point, properties: { x: { type: 'number' }, y: { type: 'number', default: 7 } } }
  t.equal(compile(withDefault)({ x: 1 }), '{"x":1}')
})

t.test('an object is what JSON.stringify sees of it, not what its prototype or getters show', async (t) => {
  const write = compile(point)
  class Inherits {
    x = 1
    get y() {
      return 2
    }
  }
  t.equal(write(new Inherits()), '{"x":1}')
  t.equal(write(Object.create({ y: 2 }, { x: { value: 1, enumerable: true } })), '{"x":1}')
  t.equal(write(Object.defineProperty({ x: 1 }, 'y', { value: 2, enumerable: false })), '{"x":1}')
  t.equal(write(Object.assign(Object.create(null), { y: 1, x: 2 })), '{"y":1,"x":2}')
  t.equal(write({ toJSON: () => ({ x: 3 }) }), '{"x":3}')
  t.equal(write(Object.defineProperty({ x: 1 }, 'toJSON', { value: () => ({ x: 4 }) })), '{"x":4}')
  t.throws(() => write(new Date()), unfit)
  const empty = compile({ type: 'object', additionalProperties: false })
  t.equal(empty(new Map([[1, 2]])), '{}')
  t.throws(() => empty(new Date(0)), unfit)
  t.throws(() => empty(Object(1)), unfit)
  const list = compile({ type: 'array', items: { type: 'number' } })
  t.throws(() => list(new Array(2)), unfit, 'a hole is null')
  t.equal(list(Object.assign([1], { toJSON: () => [2] })), '[2]')
  t.equal(list(Object.assign([1], { extra: 2 })), '[1]')
})

t.test('a getter that answers differently each time cannot get past the schema', async (t) => {
  const answers = [1, { secret: 1 }, 'x', '5']
  let read = 0
  const shifty = {
    get x() {
      return answers[read++]
    }
  }
  t.equal(compile(point)(shifty), '{"x":1}')
  t.throws(() => compile(point)(shifty), unfit)
})

t.test('names that every object has do not count as members', async (t) => {
  const inherited = (name: string): JSONSchema =>
    JSON.parse(`{"type":"object","additionalProperties":false,"properties":{"${name}":{"type":"string"}}}`)
  for (const name of ['constructor', 'toString']) {
    t.equal(compile(inherited(name))({}), '{}', name)
    t.equal(compile(inherited(name))({ [name]: 'own' }), `{"${name}":"own"}`)
  }
  t.equal(compile(inherited('toJSON'))({ toJSON: 'own' }), '{"toJSON":"own"}')
})
