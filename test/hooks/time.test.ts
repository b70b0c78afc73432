import t from 'tap'
import { defineHooks } from '../../lib/hooks/define.js'
import type { HookCall } from '../../lib/hooks/types.js'
import { failed, ok, request, world } from './helpers.js'

function hanging() {
  const calls: HookCall[] = []
  const settled = makeDeferred()
  const plugin = defineHooks('demo', {
    hang(call) {
      calls.push(call)
      // A promise that nobody but the server holds: its rejection is the server's to handle.
      return settled.promise.then((value) => value)
    },
    quick: () => 1
  })
  return { plugin, calls, settled }
}

function makeDeferred() {
  let resolve: (value: unknown) => void = () => {}
  let reject: (reason?: unknown) => void = () => {}
  const promise = new Promise<unknown>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

t.test('a hook that takes too long is answered timeout, and its signal fires', async (t) => {
  const { plugin, calls, settled } = hanging()
  const { call, clock, caller, log } = world([plugin])
  const result = call('hang')
  const { signal } = calls[0] as HookCall
  clock.advance(9_999)
  t.notOk(signal.aborted)
  t.equal(caller.budget.callsInFlight, 1)
  clock.advance(1)
  t.strictSame(await result, failed('timeout'))
  t.match(signal.reason, {
    code: 'PHX_ERR_HOOKS_TIMEOUT',
    message: 'hook demo.hang took longer than 10000 ms'
  })
  t.equal(caller.budget.callsInFlight, 0)
  t.match(log.lines, [{ level: 'warn', message: 'hook timed out' }])
  settled.reject(new Error('too late'))
  await t.rejects(settled.promise)
  t.equal(log.lines.length, 1)
  t.equal(caller.budget.callsInFlight, 0)
})

t.test('a signal that is looked at after the timeout is aborted already', async (t) => {
  const { plugin, calls } = hanging()
  const { call, clock } = world([plugin])
  const result = call('hang')
  clock.advance(10_000)
  await result
  t.ok(calls[0]?.signal.aborted)
  t.equal(calls[0]?.signal, calls[0]?.signal)
})

t.test('a result in time stops the timer, and the signal never fires', async (t) => {
  const { plugin, calls, settled } = hanging()
  const { call, clock } = world([plugin])
  const result = call('hang')
  settled.resolve('done')
  t.strictSame(await result, ok('"done"'))
  t.equal(clock.pending, 0)
  clock.advance(20_000)
  t.notOk(calls[0]?.signal.aborted)
})

t.test('a synchronous hook needs no timer', async (t) => {
  const { plugin } = hanging()
  const { call, clock } = world([plugin])
  call('quick')
  t.equal(clock.pending, 0)
})

t.test('a time limit of 0 is off', async (t) => {
  const { plugin, settled } = hanging()
  const { call, clock } = world([plugin], { hookTimeoutMs: 0 })
  const result = call('hang')
  t.equal(clock.pending, 0)
  settled.resolve(1)
  t.strictSame(await result, ok('1'))
})

t.test('calls in flight are limited for the user, over all sessions', async (t) => {
  const { plugin, settled } = hanging()
  const { hooks, session, caller } = world([plugin], { callsInFlight: 2 })
  const other = hooks.session(caller)
  const results = [session.call(request('demo', 'hang')), other.call(request('demo', 'hang'))]
  t.strictSame(session.call(request('demo', 'hang')), failed('overloaded'))
  t.strictSame(other.call(request('demo', 'quick')), failed('overloaded'))
  settled.resolve(1)
  t.strictSame(await Promise.all(results), [ok('1'), ok('1')])
  t.strictSame(other.call(request('demo', 'quick')), ok('1'))
  t.equal(caller.budget.callsInFlight, 0)
})

t.test('a limit of 0 calls in flight is off', async (t) => {
  const { plugin, settled } = hanging()
  const { call } = world([plugin], { callsInFlight: 0 })
  const results = Array.from({ length: 100 }, () => call('hang'))
  settled.resolve(1)
  t.ok((await Promise.all(results)).every((result) => result.ok))
})

t.test('when the caller goes away all calls in flight are aborted, and no others are made', async (t) => {
  const { plugin, calls } = hanging()
  const { session, call, caller, clock } = world([plugin])
  const results = [call('hang'), call('hang')]
  const { signal } = calls[0] as HookCall
  session.end()
  session.end()
  t.match(signal.reason, { code: 'PHX_ERR_HOOKS_CALLER_GONE' })
  t.ok(calls[1]?.signal.aborted, 'also when it is first looked at afterwards')
  t.strictSame(call('quick'), failed('internal_error'))
  t.equal(caller.budget.callsInFlight, 2)
  clock.advance(10_000)
  await Promise.all(results)
  t.equal(caller.budget.callsInFlight, 0)
})

t.test('a hook that gives up because its caller is gone is not logged as a failure', async (t) => {
  const plugin = defineHooks('demo', {
    wait: ({ signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  const { session, call, log } = world([plugin])
  const result = call('wait')
  session.end()
  await result
  t.strictSame(log.lines, [])
})

t.test('a synchronous hook that ends its own session sees its signal fire', async (t) => {
  const seen: boolean[] = []
  const plugin = defineHooks('demo', {
    disconnect(call) {
      call.push('bye', {})
      seen.push(call.signal.aborted)
    }
  })
  const { hooks, caller } = world([plugin])
  const session = hooks.session({ ...caller, push: () => session.end() })
  session.call(request('demo', 'disconnect'))
  t.strictSame(seen, [true])
  t.equal(caller.budget.callsInFlight, 0)
})
