import t from 'tap'
import { defineHooks } from '../../lib/hooks/define.js'
import { failed, ok, world } from './helpers.js'

const circular: Record<string, unknown> = {}
circular.self = circular

function deep(): unknown {
  let value: unknown = 1
  for (let i = 0; i < 100_000; i++) value = [value]
  return value
}

t.test('a synchronous hook answers at once, an asynchronous one with a promise', async (t) => {
  const { call } = world([defineHooks('demo', { now: () => [1], later: async () => [1] })])
  t.strictSame(call('now'), ok('[1]'))
  const later = call('later')
  t.ok(later instanceof Promise)
  t.strictSame(await later, ok('[1]'))
})

t.test('a result without JSON is null', async (t) => {
  for (const value of [
    undefined,
    null,
    Number.NaN,
    Infinity,
    -Infinity,
    () => 1,
    Symbol('x'),
    new Date(Number.NaN)
  ]) {
    const { call } = world([defineHooks('demo', { now: () => value, later: async () => value })])
    t.strictSame(call('now'), ok('null'), String(value))
    t.strictSame(await call('later'), ok('null'), String(value))
  }
})

t.test('a result that cannot be encoded is refused and logged', async (t) => {
  const throwing = {
    toJSON() {
      throw new Error('secret')
    }
  }
  for (const value of [circular, 1n, { n: 1n }, throwing, deep()]) {
    const { call, log } = world([defineHooks('demo', { now: () => value, later: async () => value })])
    t.strictSame(call('now'), failed('result_not_json_encodable'))
    t.strictSame(await call('later'), failed('result_not_json_encodable'))
    t.match(log.lines, [
      { level: 'warn', details: { hookPlugin: 'demo', fn: 'now' } },
      { level: 'warn', details: { hookPlugin: 'demo', fn: 'later' } }
    ])
  }
})

t.test('a result must fit the schema of the reply as the client will see it', async (t) => {
  const reply = {
    type: 'object',
    properties: { at: { type: 'string', format: 'date-time' }, n: { type: 'number' } },
    additionalProperties: false
  }
  let value: unknown
  const { call, log } = world([defineHooks('demo', { get: () => value }, { schemas: { get: { reply } } })])
  const fits: [value: unknown, json: string][] = [
    [{ n: 1 }, '{"n":1}'],
    [{ n: undefined, extra: undefined }, '{}'],
    [{ at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    [{ toJSON: () => ({ n: 2 }) }, '{"n":2}'],
    [Object.assign(Object.create({ inherited: 1 }), { n: 3 }), '{"n":3}']
  ]
  for (const [fitting, json] of fits) {
    value = fitting
    t.strictSame(call('get'), ok(json), json)
  }
  t.strictSame(log.lines, [])
  const unfit = [
    undefined,
    'x',
    { n: '1' },
    { n: Number.NaN },
    { n: 1, extra: 1 },
    { at: 'soon' },
    [],
    new Date(),
    circular
  ]
  for (value of unfit) t.strictSame(call('get'), failed('result_not_json_encodable'))
  t.equal(log.lines.length, unfit.length)
  t.match(log.lines[2], { level: 'warn', details: { err: /reply\/n must be number/ } })
})
