import t from 'tap'
import { defineHooks } from '../../lib/hooks/define.js'
import type { HookCall } from '../../lib/hooks/types.js'
import { unlookable } from '../fixtures/unlookable.js'
import { failed, ok, request, world } from './helpers.js'

const gettersThrow = Object.defineProperty({}, 'message', {
  enumerable: true,
  get() {
    throw new Error('message')
  }
})

t.test('whatever a hook throws, the client learns nothing of it', async (t) => {
  for (const thrown of [
    new Error('secret'),
    'secret',
    undefined,
    null,
    0,
    unlookable,
    gettersThrow,
    Object.create(null)
  ]) {
    const plugin = defineHooks('demo', {
      now() {
        throw thrown
      },
      later: () => Promise.reject(thrown)
    })
    const { call, caller, log } = world([plugin])
    t.strictSame(call('now'), failed('internal_error'))
    t.strictSame(await call('later'), failed('internal_error'))
    t.equal(caller.budget.callsInFlight, 0)
    t.equal(log.lines.length, 2)
    for (const line of log.lines) {
      t.equal(line.level, 'error')
      t.equal(line.details.hookPlugin, 'demo')
      t.ok(Object.is(line.details.err, thrown))
    }
  }
})

t.test('a logger that chokes on what was thrown does not fail the call', async (t) => {
  const plugin = defineHooks('demo', {
    now() {
      throw unlookable
    }
  })
  const lines: object[] = []
  const { hooks, caller } = world([plugin])
  const error = (details: object) =>
    lines.push({ ...details, text: String((details as { err?: unknown }).err) })
  const session = hooks.session({ ...caller, log: { ...caller.log, error } })
  t.strictSame(session.call(request('demo', 'now')), failed('internal_error'))
  t.match(lines, [{ hookPlugin: 'demo', fn: 'now' }])
})

t.test('a hook refuses with any string', async (t) => {
  const plugin = defineHooks('demo', {
    now: ({ refuse }, reason: string) => refuse(reason),
    later: async (call, reason: string) => call.refuse(reason),
    swallow(call: HookCall) {
      try {
        call.refuse('never')
      } catch {
        return 'changed my mind'
      }
    }
  })
  const { call, log } = world([plugin])
  for (const reason of ['not_today', '', 'internal_error', '%s €']) {
    t.strictSame(call('now', reason), failed(reason))
    t.strictSame(await call('later', reason), failed(reason))
  }
  t.strictSame(call('swallow'), ok('"changed my mind"'))
  t.strictSame(log.lines, [])
  for (const reason of [undefined, null, 1, {}, ['x']])
    t.strictSame(call('now', reason), failed('internal_error'))
  t.match(log.lines[0], { level: 'error', details: { err: { code: 'PHX_ERR_HOOKS_REASON' } } })
})

t.test('a refusal is known by itself, not by how it looks', async (t) => {
  const plugin = defineHooks('demo', {
    fake() {
      throw Object.assign(new Error('x'), { code: 'PHX_ERR_HOOKS_REFUSED', reason: 'faked' })
    }
  })
  t.strictSame(world([plugin]).call('fake'), failed('internal_error'))
})

t.test('a hook that runs out of stack fails alone', async (t) => {
  const plugin = defineHooks('demo', {
    loop: function loop(call: HookCall): unknown {
      return [loop(call)]
    }
  })
  t.strictSame(world([plugin]).call('loop'), failed('internal_error'))
})
