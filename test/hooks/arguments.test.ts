import t from 'tap'
import { defineHooks } from '../../lib/hooks/define.js'
import { failed, ok, request, world } from './helpers.js'

const plugin = defineHooks(
  'demo',
  {
    list: (_call, ...args) => args,
    add: (_call, a: number, b: number) => a + b,
    need: (_call, o: object) => o,
    tree: (_call, _tree: unknown) => 'seen',
    whole: (_call, ...args) => args.length
  },
  {
    schemas: {
      add: { args: [{ type: 'number' }, { type: 'number' }] },
      need: {
        args: [
          {
            type: 'object',
            required: ['constructor'],
            properties: { constructor: { type: 'string', default: 'x' }, n: { type: 'number', default: 1 } },
            additionalProperties: false
          }
        ]
      },
      tree: { args: [{ $id: 'tree', type: 'array', items: { $ref: '#' } }] },
      whole: { args: { type: 'array', minItems: 1, maxItems: 2 } }
    }
  }
)

function nested(depth: number): unknown {
  return JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)
}

t.test('missing arguments are none, and what is no list is the only argument', async (t) => {
  const { session } = world([plugin])
  const cases: [args: unknown, json: string][] = [
    [undefined, '[]'],
    [null, '[]'],
    [[], '[]'],
    [[1, 'b'], '[1,"b"]'],
    [0, '[0]'],
    ['', '[""]'],
    [false, '[false]'],
    [{ length: 2 }, '[{"length":2}]'],
    [[null], '[null]']
  ]
  for (const [args, json] of cases) t.strictSame(session.call(request('demo', 'list', args)), ok(json), json)
})

t.test('more arguments than the limit are refused', async (t) => {
  const { session } = world([plugin])
  t.strictSame(session.call(request('demo', 'list', Array(32).fill(1))), ok(`[${Array(32).fill(1)}]`))
  t.strictSame(session.call(request('demo', 'list', Array(33).fill(1))), failed('too_many_args'))
  const unlimited = world([plugin], { hookArgs: 0 })
  t.match(unlimited.session.call(request('demo', 'list', Array(33).fill(1))), { ok: true })
})

t.test('arguments are measured only when their frame was larger than the limit', async (t) => {
  const { session } = world([plugin], { hookArgsBytes: 10 })
  const call = (args: unknown, bytes: number) => session.call(request('demo', 'whole', args, bytes))
  t.strictSame(call(['123456'], 50), ok('1'), 'exactly ten bytes')
  t.strictSame(call(['1234567'], 50), failed('args_too_large'))
  t.strictSame(call(['1234é'], 50), ok('1'), 'ten bytes in UTF-8')
  t.strictSame(call(['12345é'], 50), failed('args_too_large'), 'eleven bytes in UTF-8')
  t.strictSame(call('123456789', 50), failed('args_too_large'))
  t.strictSame(call(['1234567'], 10), ok('1'))
  const unlimited = world([plugin], { hookArgsBytes: 0 })
  t.strictSame(unlimited.session.call(request('demo', 'whole', ['x'.repeat(100_000)], 200_000)), ok('1'))
})

t.test('arguments that are nested too deeply to be measured are too large', async (t) => {
  const { session } = world([plugin])
  t.strictSame(session.call(request('demo', 'list', nested(200_000), 400_000)), failed('args_too_large'))
})

t.test('arguments must fit the schema, and are never converted to fit', async (t) => {
  const { session } = world([plugin])
  const add = (args: unknown) => session.call(request('demo', 'add', args))
  t.strictSame(add([1, 2]), ok('3'))
  for (const args of [null, [], [1], [1, 2, 3], ['1', 2], [1, null], [[1], [2]], [true, 1], { a: 1 }]) {
    t.strictSame(add(args), failed('invalid_args'), JSON.stringify(args))
  }
  t.strictSame(session.call(request('demo', 'whole', [])), failed('invalid_args'))
  t.strictSame(session.call(request('demo', 'whole', [1, 2])), ok('2'))
  t.strictSame(session.call(request('demo', 'whole', [1, 2, 3])), failed('invalid_args'))
})

t.test('only own members count, and none is filled in or taken away', async (t) => {
  const { session } = world([plugin])
  const need = (o: unknown) => session.call(request('demo', 'need', [o]))
  t.strictSame(need({}), failed('invalid_args'))
  t.strictSame(need(JSON.parse('{"__proto__":{"constructor":"x"}}')), failed('invalid_args'))
  t.strictSame(need({ constructor: 'mine', extra: 1 }), failed('invalid_args'))
  t.strictSame(need({ constructor: 'mine' }), ok('{"constructor":"mine"}'))
})

t.test('arguments too deep for a schema that refers to itself do not fit', async (t) => {
  const { session } = world([plugin], { hookArgsBytes: 0 })
  t.strictSame(session.call(request('demo', 'tree', [nested(3)])), ok('"seen"'))
  t.strictSame(session.call(request('demo', 'tree', [nested(200_000)])), failed('invalid_args'))
})

t.test('the limits are looked at in a fixed order', async (t) => {
  const { session, caller } = world([plugin], { callsInFlight: 1, hookArgs: 2, hookArgsBytes: 10 })
  caller.budget.callsInFlight = 1
  const long = 'x'.repeat(20)
  t.strictSame(session.call(request('demo', 'add', [long, long, long], 99)), failed('too_many_args'))
  t.strictSame(session.call(request('demo', 'add', [long], 99)), failed('args_too_large'))
  t.strictSame(session.call(request('demo', 'add', ['x'], 99)), failed('invalid_args'))
  t.strictSame(session.call(request('demo', 'add', [1, 2], 99)), failed('overloaded'))
})
