import { Ajv } from 'ajv'
import t from 'tap'
import { isOfType, oneType } from '../../lib/hooks/one-type.js'
import { compileArgs, compileReply } from '../../lib/hooks/schemas.js'

const values = [
  undefined,
  null,
  true,
  false,
  '',
  'text',
  0,
  -0,
  1,
  1.5,
  2 ** 53,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1n,
  [],
  [1],
  {},
  new String('text'),
  new Number(1),
  Symbol('s'),
  () => 1
]

t.test('a schema of one type takes what ajv takes', async (t) => {
  const ajv = new Ajv({ strictNumbers: true })
  for (const type of ['string', 'number', 'integer', 'boolean', 'null']) {
    const schema = { type }
    const validate = ajv.compile(schema)
    const one = oneType(schema)
    t.equal(one, type)
    if (one === undefined) continue
    const fits = isOfType(one)
    for (const value of values) t.equal(fits(value), validate(value), `${type}: ${String(value)}`)
  }
})

t.test('all other schemas are left to ajv, which refuses some', async (t) => {
  const others = [
    true,
    false,
    {},
    { type: 'number', minimum: 1 },
    { type: ['number', 'null'] },
    { type: 'object' },
    { type: 'array' },
    { type: 'constructor' },
    { type: 'nonsense' }
  ]
  for (const schema of others) t.equal(oneType(schema), undefined, JSON.stringify(schema))
  t.throws(() => compileArgs([{ type: 'nonsense' }]), /type/)
})

t.test('a reply of one type is written as it is, and refused in the words of ajv', async (t) => {
  const number = compileReply({ type: 'number' })
  t.equal(number(-0), '0')
  t.equal(number(1e21), '1e+21')
  t.throws(() => number('1'), { code: 'PHX_ERR_SERIALIZER_ENCODE', message: /reply must be number/ })
  t.throws(() => number(Number.NaN), { message: /reply must be number/ })
  t.equal(compileReply({ type: 'string' })('"\ud800é'), '"\\"\ufffdé"')
  t.equal(compileReply({ type: 'null' })(undefined), 'null', 'nothing counts as null')
})
