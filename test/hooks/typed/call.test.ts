import t from 'tap'
import { defineHooks } from '../../../lib/hooks/define.js'
import { messagesOf } from '../../fixtures/rtc-envelope.js'
import { failed, ok, request, world } from '../helpers.js'
import { protoOf, typedWorld } from './helpers.js'

const proto = protoOf('string name = 1; int32 count = 2;')
const Run = messagesOf(proto).lookupType('RunRequest')
const encode = (value: object) => Run.encode(value).finish()
const decode = (result: { ok: boolean; raw?: Uint8Array }) =>
  Run.toObject(Run.decode(result.raw as Uint8Array))

t.test('a typed hook is answered in the format that it was called in', async (t) => {
  const { callJson, callRaw, seen } = typedWorld(proto, (_call, value) => value)
  t.strictSame(callJson([{ name: 'é', count: 2 }]), ok('{"name":"é","count":2}'))
  t.strictSame(callJson({ name: 'a' }), ok('{"name":"a","count":0}'), 'an object alone is the only argument')
  t.same(decode(callRaw(encode({ name: 'b', count: 3 }))), { name: 'b', count: 3 })
  t.strictSame(seen, [
    { name: 'é', count: 2 },
    { name: 'a', count: 0 },
    { name: 'b', count: 3 }
  ])
})

t.test('no arguments are the empty request', async (t) => {
  const { callJson, callRaw, seen } = typedWorld(proto, () => ({ name: 'reply' }))
  for (const args of [undefined, null, [], [{}], {}]) {
    t.strictSame(callJson(args), ok('{"name":"reply","count":0}'))
  }
  t.same(decode(callRaw(new Uint8Array())), { name: 'reply' })
  t.strictSame(seen, Array(6).fill({ name: '', count: 0 }))
})

t.test('other arguments than one object are refused', async (t) => {
  const { callJson, seen } = typedWorld(proto, () => ({}))
  for (const args of [[1], ['x'], [[]], [[{}]], [null], [{}, {}], [{}, null], 'x', 5, false]) {
    t.strictSame(callJson(args), failed('typed_hook_expects_single_object_arg'), JSON.stringify(args))
  }
  t.strictSame(callJson(Array(33).fill({})), failed('too_many_args'))
  t.strictSame(seen, [])
})

t.test('arguments whose fields have other types are invalid, and unknown ones are passed over', async (t) => {
  const { callJson, seen, log } = typedWorld(proto, () => ({}))
  for (const value of [{ name: 5 }, { name: {} }, { count: '2' }, { count: 1.5 }, { count: 2 ** 31 }]) {
    t.strictSame(callJson([value]), failed('invalid_args'), JSON.stringify(value))
  }
  t.strictSame(callJson([{ name: 'a', newer: { x: 1 }, constructor: 1 }]), ok('{"name":"","count":0}'))
  t.strictSame(callJson([JSON.parse('{"__proto__":{"name":5}}')]), ok('{"name":"","count":0}'))
  t.strictSame(seen.length, 2)
  t.strictSame(log.lines, [], 'what a client does wrong is no warning')
})

t.test('a request that cannot be decoded is invalid', async (t) => {
  const { callRaw, seen } = typedWorld(proto, () => ({}))
  const bad = ['0a05', '0a02ff', '0a01ff', '08', '0b', '00', '1080808080808080808080808001']
  for (const hex of bad) {
    t.strictSame(callRaw(Buffer.from(hex, 'hex')), failed('invalid_request_payload'), hex)
  }
  t.strictSame(seen, [])
  t.ok(callRaw(Buffer.from('7a0178', 'hex')).ok, 'an unknown field is passed over')
})

t.test('a raw call of what is no typed hook says so', async (t) => {
  const plugin = defineHooks('demo', { plain: () => 1 }, { proto })
  const { session } = world([plugin])
  const call = (hookPlugin: string, fn: string) =>
    session.callRaw({ hookPlugin, fn, raw: new Uint8Array(), transport: 'datachannel' })
  t.strictSame(call('demo', 'plain'), failed('hook_schema_missing'))
  t.strictSame(call('demo', 'run'), failed('not_implemented'))
  t.strictSame(call('nope', 'run'), failed('not_found'))
  t.strictSame(call('demo', '_run'), failed('reserved_hook_name'))
})

t.test('the limits of calls hold for typed hooks', async (t) => {
  const limits = { callsInFlight: 1, hookArgsBytes: 20, hookTimeoutMs: 1000 }
  const { callJson, callRaw, caller, clock, session } = typedWorld(proto, () => new Promise(() => {}), limits)
  const pending = callRaw(encode({ name: 'x' }))
  t.equal(caller.budget.callsInFlight, 1)
  t.strictSame(callRaw(encode({ name: 'x' })), failed('overloaded'))
  t.strictSame(callJson([{}]), failed('overloaded'))
  clock.advance(1000)
  t.strictSame(await pending, failed('timeout'))
  t.equal(caller.budget.callsInFlight, 0)
  t.strictSame(callRaw(encode({ name: 'x'.repeat(20) })), failed('args_too_large'))
  session.end()
  t.strictSame(callRaw(encode({})), failed('internal_error'))
})

t.test('a few bytes do not stand for any number of fields', async (t) => {
  const names = Array.from({ length: 50 }, (_, i) => `f${i}`)
  const wide = protoOf(
    'repeated Wide wide = 1;',
    `message Wide { ${names.map((name, i) => `int32 ${name} = ${i + 1};`).join(' ')} }`
  )
  const WideRun = messagesOf(wide).lookupType('RunRequest')
  const { callJson, callRaw, seen } = typedWorld(wide, () => ({}))
  const results = (message: object, count: number) => {
    const request = { wide: Array(count).fill(message) }
    return [callJson(request), callRaw(WideRun.encode(WideRun.fromObject(request)).finish())]
  }
  t.match(results({}, 1300), [{ ok: true }, { ok: true }])
  t.strictSame(results({}, 1400), [failed('args_too_large'), failed('args_too_large')])
  const full = Object.fromEntries(names.map((name) => [name, 1]))
  t.match(results(full, 460), [{ ok: true }, { ok: true }], 'what is written out counts for no more')
  t.equal(seen.length, 4)
})

t.test('a typed hook may be async, refuse and throw', async (t) => {
  const { callJson, callRaw, log } = typedWorld(proto, async (call, { name }: { name: string }) => {
    if (name === 'refuse') call.refuse('not_today')
    if (name === 'throw') throw new Error('secret')
    return { name }
  })
  t.same(decode(await callRaw(encode({ name: 'later' }))), { name: 'later' })
  t.strictSame(await callJson([{ name: 'later' }]), ok('{"name":"later","count":0}'))
  t.strictSame(await callRaw(encode({ name: 'refuse' })), failed('not_today'))
  t.strictSame(await callRaw(encode({ name: 'throw' })), failed('internal_error'))
  t.equal(log.lines.length, 1)
})

t.test('functions without messages of the same plugin stay as they are', async (t) => {
  const plugin = defineHooks(
    'demo',
    { run: () => ({}), sum: (_call, a: number, b: number) => a + b },
    { proto }
  )
  const { session } = world([plugin])
  t.strictSame(session.call(request('demo', 'sum', [1, 2])), ok('3'))
})
