import t from 'tap'
import { defineHooks, type HookCall } from '../../plugins/phoenix.js'
import { request, world } from './helpers.js'

function hanging() {
  const calls: HookCall[] = []
  const finish: (() => void)[] = []
  const plugin = defineHooks('demo', {
    hang(call) {
      calls.push(call)
      return new Promise<void>((resolve) => finish.push(resolve))
    }
  })
  return { ...world([plugin]), calls, finish }
}

t.test('the end of a branch aborts its own calls alone', async (t) => {
  const { session, calls, caller, finish } = hanging()
  const [one, other] = [session.branch(), session.branch()]
  for (const calling of [one, other, session]) void calling.call(request('demo', 'hang'))
  one.end()
  t.strictSame(
    calls.map(({ signal }) => signal.aborted),
    [true, false, false]
  )
  t.match(calls[0]?.signal.reason, { code: 'PHX_ERR_HOOKS_CALLER_GONE' })
  t.strictSame(one.call(request('demo', 'hang')), { ok: false, reason: 'internal_error' })
  t.equal(caller.budget.callsInFlight, 3, 'they count until their hooks are through')
  for (const done of finish) done()
  await session.idle()
  t.equal(caller.budget.callsInFlight, 0)
})

t.test('a branch ends with its session, and one that comes later has ended already', async (t) => {
  const { session, calls } = hanging()
  const branch = session.branch()
  void branch.call(request('demo', 'hang'))
  session.end()
  t.ok(calls[0]?.signal.aborted)
  t.strictSame(session.branch().call(request('demo', 'hang')), { ok: false, reason: 'internal_error' })
})

t.test('a session is idle when its branches are, those that have ended included', async (t) => {
  const { session, finish } = hanging()
  const [living, ended] = [session.branch(), session.branch()]
  void living.call(request('demo', 'hang'))
  void ended.call(request('demo', 'hang'))
  ended.end()
  let isIdle = false
  const idle = session.idle().then(() => {
    isIdle = true
  })
  finish[0]?.()
  await living.idle()
  t.notOk(isIdle)
  finish[1]?.()
  await idle
  t.ok(isIdle)
})
