import t from 'tap'
import { Hooks } from '../../lib/hooks/hooks.js'
import { defaultLimits } from '../../lib/limits/limits.js'
import { digestOf } from '../../lib/once/digest.js'
import { Once } from '../../lib/once/once.js'
import { defaultOnceOptions } from '../../lib/once/options.js'
import { defineHooks, type HookCall } from '../../plugins/phoenix.js'
import { failed, ok, request, world } from './helpers.js'

/** A shop that counts what it sold. */
function shop() {
  const sold: unknown[] = []
  const calls: HookCall[] = []
  const finish: ((value: unknown) => void)[] = []
  const plugin = defineHooks(
    'shop',
    {
      buy(call, item: unknown) {
        calls.push(call)
        return sold.push(item)
      },
      slow(call, item: unknown) {
        calls.push(call)
        sold.push(item)
        return new Promise<unknown>((resolve) => finish.push(resolve))
      },
      fails() {
        sold.push('failed')
        throw new Error('a secret')
      },
      refuses({ refuse }) {
        sold.push('refused')
        refuse('sold_out')
      },
      loops() {
        sold.push('looped')
        const loop: { self?: unknown } = {}
        loop.self = loop
        return loop
      },
      move: (_call, { x }: { x: bigint }) => ({ x, step: sold.push(x) }),
      checked: (_call, count: number) => sold.push(count)
    },
    {
      schemas: { checked: { args: [{ type: 'integer' }] } },
      proto: `syntax = "proto3";
        message MoveRequest { int64 x = 1; bytes b = 2; map<string, double> m = 3; }
        message MoveReply { int64 x = 1; float step = 2; }`
    }
  )
  const w = world([plugin], { callsInFlight: 2 })
  const refused: unknown[] = []
  w.caller.refused = (...args) => void refused.push(args)
  const once = (key: unknown, fn: string, ...args: unknown[]) =>
    w.session.call({ ...request('shop', fn, args), key })
  return { ...w, plugin, sold, calls, finish, once, refused }
}

t.test('a call that is asked for again is not made again', async (t) => {
  const { once, sold, calls } = shop()
  t.same(once('k', 'buy', 'hat'), ok('1'))
  t.same(once('k', 'buy', 'hat'), ok('1'))
  t.same(once('other', 'buy', 'hat'), ok('2'))
  t.same(sold, ['hat', 'hat'])
  t.same(
    calls.map(({ key }) => key),
    ['k', 'other']
  )
})

t.test('a call without a key is made each time, and null is none', async (t) => {
  const { once, sold, calls } = shop()
  for (const key of [undefined, null, undefined, null]) once(key, 'buy', 'hat')
  t.equal(sold.length, 4)
  t.equal(calls[0]?.key, undefined)
})

t.test('a key is text of 1 to 64 characters', async (t) => {
  const { once, sold } = shop()
  for (const key of ['', 'x'.repeat(65), '😀'.repeat(65), 1, 0, true, false, {}, ['k'], Number.NaN])
    t.same(once(key, 'buy', 'hat'), failed('invalid_key'))
  t.equal(sold.length, 0)
  for (const key of [' ', 'x'.repeat(64), '😀'.repeat(64), '\0', 'constructor', '__proto__'])
    t.equal(once(key, 'buy', 'hat'), once(key, 'buy', 'hat'))
  t.equal(sold.length, 6)
})

t.test('the key of another call is refused', async (t) => {
  const { once, sold } = shop()
  once('k', 'buy', { a: 1, b: 2 })
  t.same(once('k', 'buy', { b: 2, a: 1 }), ok('1'))
  t.same(once('k', 'buy', { a: 1, b: 3 }), failed('key_reused'))
  t.same(once('k', 'buy', { a: 1, b: 2 }, null), failed('key_reused'))
  t.same(once('k', 'checked', 1), failed('key_reused'))
  t.equal(sold.length, 1)
})

t.test('who asks while the call runs waits for its end', async (t) => {
  const { once, finish, sold, caller } = shop()
  const asked = [once('k', 'slow', 'hat'), once('k', 'slow', 'hat'), once('k', 'slow', 'hat')]
  t.same(once('k', 'slow', 'coat'), failed('key_reused'))
  t.equal(caller.budget.callsInFlight, 1, 'it is one call')
  finish[0]?.({ price: 3 })
  t.same(await Promise.all(asked), Array(3).fill(ok('{"price":3}')))
  t.same(once('k', 'slow', 'hat'), ok('{"price":3}'))
  t.same(sold, ['hat'])
})

t.test('not everybody may wait', async (t) => {
  const { once, finish, refused } = shop()
  const asked = Array.from({ length: 17 }, () => once('k', 'slow', 'hat'))
  t.same(refused, [])
  t.same(once('k', 'slow', 'hat'), failed('overloaded'))
  t.same(refused, [['callKeys', { limit: 'waiting' }]])
  finish[0]?.(1)
  t.same(await Promise.all(asked), Array(17).fill(ok('1')))
})

t.test('nor may a user have any number of keys', async (t) => {
  const { plugin, caller, clock, log, refused } = shop()
  const once = new Once(clock, { ...defaultOnceOptions, keysPerUser: 1 })
  const hooks = new Hooks({ plugins: [plugin], limits: defaultLimits, clock, log, once })
  const session = hooks.session(caller)
  const buy = (key: string) => session.call({ ...request('shop', 'buy', ['hat']), key })
  t.same([buy('a'), buy('b'), buy('a')], [ok('1'), failed('overloaded'), ok('1')])
  t.same(refused, [['callKeys', { limit: 'keys' }]])
})

t.test('who waits and goes away leaves the place to others, and who is there is waited for', async (t) => {
  const { once, finish, session, caller } = shop()
  const running = once('k', 'slow', 'hat')
  const branch = session.branch()
  const again = { ...request('shop', 'slow', ['hat']), key: 'k' }
  const gone = Array.from({ length: 16 }, () => branch.call(again))
  t.same(once('k', 'slow', 'hat'), failed('overloaded'))
  branch.end()
  t.same(await Promise.all(gone), Array(16).fill(failed('once_unavailable')))
  const other = session.branch()
  const waiting = other.call(again)
  t.equal(caller.budget.callsInFlight, 1)
  let isIdle = false
  const idle = other.idle().then(() => {
    isIdle = true
  })
  await new Promise(setImmediate)
  t.notOk(isIdle)
  finish[0]?.(1)
  await idle
  t.same(await Promise.all([running, waiting]), [ok('1'), ok('1')])
})

t.test('calls with a key that are refused are counted as others', async (t) => {
  const { hooks, caller, finish } = shop()
  const counted: string[] = []
  const meters = {
    current: {
      handlerBegins: () => 0,
      handlerReturns: () => {},
      handlerSettles: () => {},
      hookBegins: () => 0,
      hookEnds: (_begun: number, { fn }: { fn: string }, _registry: object, result: string) =>
        void counted.push(`${fn} ${result}`),
      broadcastBegins: () => 0,
      broadcastEnds: () => {}
    }
  }
  const session = hooks.session({ ...caller, meters })
  const call = (key: unknown, fn: string, ...args: unknown[]) =>
    session.call({ ...request('shop', fn, args), key })
  await call('', 'buy', 'hat')
  await call('k', 'nowhere')
  await call('k', 'checked', 'many')
  await call('k', 'buy', 'hat')
  await call('k', 'buy', 'hat')
  await call('k', 'buy', 'coat')
  const running = [call('a', 'slow', 1), call('b', 'slow', 1)]
  await call('c', 'buy', 'hat')
  t.same(counted, [
    'buy invalid_key',
    'nowhere not_implemented',
    'checked invalid_args',
    'buy ok',
    'buy key_reused',
    'buy overloaded'
  ])
  for (const done of finish) done(1)
  await Promise.all(running)
})

t.test('a node that closes waits until the last result is told', async (t) => {
  const { plugin, caller, clock, log, finish } = shop()
  const once = new Once(clock)
  const steps: unknown[] = []
  once.shared = {
    claim: async () => ({ state: 'own', end: (result) => void steps.push(result) }),
    told: async () => void steps.push('told')
  }
  const hooks = new Hooks({ plugins: [plugin], limits: defaultLimits, clock, log, once })
  const running = hooks.session(caller).call({ ...request('shop', 'slow', ['hat']), key: 'k' })
  await new Promise(setImmediate)
  const idle = once.idle(1_000)
  finish[0]?.(1)
  await idle
  t.same(await running, ok('1'))
  t.same(steps, [ok('1'), 'told'])
})

t.test('what ran is kept, however it ended', async (t) => {
  const { once, sold, clock } = shop()
  const ended = { fails: 'internal_error', refuses: 'sold_out', loops: 'result_not_json_encodable' }
  for (const [fn, reason] of Object.entries(ended)) {
    t.same(once(fn, fn), failed(reason))
    t.same(once(fn, fn), failed(reason))
  }
  t.equal(sold.length, 3)
  const slow = once('slow', 'slow', 1)
  clock.advance(10_000)
  t.same(await slow, failed('timeout'))
  t.same(once('slow', 'slow', 1), failed('timeout'))
  t.equal(sold.length, 4)
})

t.test('what did not run is not kept', async (t) => {
  const { once, sold, finish, session } = shop()
  t.same(once('k', 'checked', 'many'), failed('invalid_args'))
  t.same(once('k', 'nowhere'), failed('not_implemented'))
  t.same(session.call({ ...request('nowhere', 'buy', []), key: 'k' }), failed('not_found'))
  t.same(once('k', 'buy', ...Array(33).fill(1)), failed('too_many_args'))
  const running = [once('a', 'slow', 1), once('b', 'slow', 1)]
  t.same(once('k', 'checked', 1), failed('overloaded'))
  for (const done of finish) done(1)
  await Promise.all(running)
  t.same(once('k', 'checked', 1), ok('3'))
  t.equal(sold.length, 3)
})

t.test('a result that is not kept any more is expired, and the call is still not made again', async (t) => {
  const { once, sold, clock } = shop()
  once('k', 'buy', 'hat')
  clock.advance(120_000)
  t.same(once('k', 'buy', 'hat'), failed('result_expired'))
  t.same(once('k', 'buy', 'coat'), failed('key_reused'))
  clock.advance(3_600_000 - 120_001)
  t.same(once('k', 'buy', 'hat'), failed('result_expired'))
  t.equal(sold.length, 1)
  clock.advance(1)
  t.same(once('k', 'buy', 'hat'), ok('2'))
})

t.test(
  'a call with a key goes on when its caller goes away; its signal fires for the time alone',
  async (t) => {
    const { session, once, calls, finish, hooks, caller, clock } = shop()
    const branch = session.branch()
    const asked = branch.call({ ...request('shop', 'slow', ['hat']), key: 'k' })
    const late = once('late', 'slow', 'coat')
    branch.end()
    session.callerGone()
    session.end()
    t.same(
      calls.map(({ signal }) => signal.aborted),
      [false, false]
    )
    const next = hooks.session(caller)
    const again = next.call({ ...request('shop', 'slow', ['hat']), key: 'k' })
    finish[0]?.('sold')
    t.same(await Promise.all([asked, again]), [ok('"sold"'), ok('"sold"')])
    clock.advance(10_000)
    t.same(await late, failed('timeout'))
    t.match(calls[1]?.signal.reason, { code: 'PHX_ERR_HOOKS_TIMEOUT' })
    t.equal(caller.budget.callsInFlight, 0)
  }
)

t.test('what its caller had sent before it went away is made', async (t) => {
  const { session, once, calls } = shop()
  session.callerGone()
  t.same(once('k', 'buy', 'hat'), ok('1'))
  t.notOk(calls[0]?.signal.aborted)
})

t.test('a session that has ended makes no call, and keeps none', async (t) => {
  const { session, once, hooks, caller, sold } = shop()
  session.end()
  t.same(once('k', 'buy', 'hat'), failed('once_unavailable'))
  t.same(hooks.session(caller).call({ ...request('shop', 'buy', ['hat']), key: 'k' }), ok('1'))
  t.equal(sold.length, 1)
})

t.test('keys are of one user, and of one mount', async (t) => {
  const { hooks, caller, once } = shop()
  once('k', 'buy', 'hat')
  const bob = hooks.session({ ...caller, userId: 'bob' })
  const elsewhere = hooks.session({ ...caller, socket: { ...caller.socket, path: '/other' } })
  const tab = hooks.session({ ...caller, socket: { ...caller.socket, transport: 'longpoll' } })
  const again = { ...request('shop', 'buy', ['hat']), key: 'k' }
  t.same(bob.call(again), ok('2'))
  t.same(elsewhere.call(again), ok('3'))
  t.same(tab.call(again), ok('1'))
})

t.test('a typed hook may be asked again in the other form', async (t) => {
  const { once, session, sold, plugin } = shop()
  t.ok(plugin)
  const raw = Buffer.from([0x08, 0x07, 0x12, 0x01, 0xff])
  const asked = { hookPlugin: 'shop', fn: 'move', raw, transport: 'datachannel', key: 'k' } as const
  t.same(session.callRaw(asked), { ok: true, raw: Buffer.from([0x08, 0x07, 0x15, 0, 0, 0x80, 0x3f]) })
  t.match(once('k', 'move', { b: '/w==', x: '7', unknown: 1 }), { ok: true, json: '{"x":"7","step":1}' })
  t.same(once('k', 'move', { x: '8', b: '/w==' }), failed('key_reused'))
  t.match(once('j', 'move', { x: '8' }), { ok: true, json: '{"x":"8","step":2}' })
  const other = { ...asked, raw: Buffer.from([0x08, 0x08]), key: 'j' }
  t.match(session.callRaw(other), { ok: true, raw: Buffer.from([0x08, 0x08, 0x15, 0, 0, 0, 0x40]) })
  t.same(session.callRaw({ ...asked, fn: 'buy' }), failed('hook_schema_missing'))
  t.same(session.callRaw({ ...asked, key: 5 }), failed('invalid_key'))
  t.equal(sold.length, 2)
})

t.test('the digest of a call without arguments is that of one with none', async (t) => {
  const { session, sold } = shop()
  session.call({ ...request('shop', 'buy'), key: 'k' })
  session.call({ ...request('shop', 'buy', null), key: 'k' })
  session.call({ ...request('shop', 'buy', []), key: 'k' })
  t.equal(sold.length, 1)
  t.not(digestOf('shop', 'buy', []), digestOf('shop', 'buy', [null]))
})
