import Fastify from 'fastify'
import t from 'tap'
import { defineHooks, type HookPlugin } from '../../lib/hooks/define.js'
import type { HookCall } from '../../lib/hooks/types.js'
import phoenix, { userChannel } from '../../plugins/phoenix.js'
import { world } from './helpers.js'

function recorder(name: string, ran: string[]): HookPlugin {
  const record = (what: string) => async () => {
    ran.push(`${name} ${what}`)
    await null
    ran.push(`${name} ${what} done`)
  }
  return defineHooks(name, {
    after_startup: record('startup'),
    before_stop: record('stop'),
    after_user_joined: record('joined'),
    after_user_left: record('left')
  })
}

t.test('plugins start one after the other and stop, each once', async (t) => {
  const ran: string[] = []
  const { hooks } = world([recorder('a', ran), defineHooks('none', {}), recorder('b', ran)])
  await Promise.all([hooks.startup(), hooks.startup()])
  t.strictSame(ran.splice(0), ['a startup', 'a startup done', 'b startup', 'b startup done'])
  await Promise.all([hooks.stop(), hooks.stop()])
  t.strictSame(ran.sort(), ['a stop', 'a stop done', 'b stop', 'b stop done'])
})

t.test('a failing after_startup names its plugin; only what was started is stopped', async (t) => {
  const ran: string[] = []
  const bad = defineHooks('bad', {
    after_startup() {
      throw new Error('no database\nat all')
    },
    before_stop: () => ran.push('bad stop')
  })
  const { hooks } = world([recorder('a', ran), bad, recorder('b', ran)])
  await t.rejects(hooks.startup(), {
    code: 'PHX_ERR_HOOKS_STARTUP',
    message: 'hook plugin bad: after_startup failed: no database at all',
    cause: { message: 'no database\nat all' }
  })
  await hooks.stop()
  t.strictSame(ran, ['a startup', 'a startup done', 'a stop', 'a stop done'])
})

t.test('a failing before_stop is logged, and the others still run', async (t) => {
  const ran: string[] = []
  const bad = defineHooks('bad', { before_stop: () => Promise.reject(new Error('stuck')) })
  const { hooks, log } = world([bad, recorder('a', ran)])
  await hooks.startup()
  await hooks.stop()
  t.match(log.lines, [{ level: 'error', details: { hookPlugin: 'bad', fn: 'before_stop' } }])
  t.ok(ran.includes('a stop done'))
})

t.test('joined and left run once each, left after joined is through', async (t) => {
  const ran: string[] = []
  const { session } = world([recorder('a', ran)])
  const joins = [session.joined(), session.joined()]
  t.strictSame(ran, ['a joined'], 'starts at once')
  await Promise.all([session.left(), session.left(), ...joins])
  await session.joined()
  t.strictSame(ran, ['a joined', 'a joined done', 'a left', 'a left done'])
})

t.test('left runs only when joined did', async (t) => {
  const ran: string[] = []
  const { session } = world([recorder('a', ran)])
  await session.left()
  await session.joined()
  t.strictSame(ran, [])
})

t.test('failures of joined and left are logged, and the others still run', async (t) => {
  const ran: string[] = []
  const bad = defineHooks('bad', {
    after_user_joined() {
      throw new Error('joined')
    },
    after_user_left: () => Promise.reject(new Error('left'))
  })
  const { session, log } = world([bad, recorder('a', ran)])
  await session.joined()
  await session.left()
  t.match(log.lines, [
    { level: 'error', details: { hookPlugin: 'bad', fn: 'after_user_joined' } },
    { level: 'error', details: { hookPlugin: 'bad', fn: 'after_user_left' } }
  ])
  t.ok(ran.includes('a left done'))
})

t.test('they get a call with the transport of the join', async (t) => {
  const calls: HookCall[] = []
  const plugin = defineHooks('a', {
    after_user_joined: (call) => call.push('welcome', {}),
    after_user_left: (call) => calls.push(call)
  })
  const { session, pushed } = world([plugin])
  await session.joined()
  session.end()
  await session.left()
  t.strictSame(pushed, [['push', 'welcome', {}]])
  t.match(calls, [{ userId: 'alice', transport: 'websocket' }])
  t.notOk(calls[0]?.signal.aborted, 'there is still something to do for a caller who is gone')
})

t.test('an after_user_joined that hangs is aborted when the caller goes, and timed out', async (t) => {
  const calls: HookCall[] = []
  const ran: string[] = []
  const plugin = defineHooks('a', {
    after_user_joined(call) {
      calls.push(call)
      return new Promise(() => {})
    },
    after_user_left: () => ran.push('left')
  })
  const { session, clock, log, caller } = world([plugin])
  const joined = session.joined()
  t.equal(caller.budget.callsInFlight, 0, 'it is no call of the user')
  session.end()
  const left = session.left()
  t.ok(calls[0]?.signal.aborted)
  t.strictSame(ran, [])
  clock.advance(10_000)
  await Promise.all([joined, left])
  t.strictSame(ran, ['left'])
  t.match(log.lines, [{ details: { err: { code: 'PHX_ERR_HOOKS_TIMEOUT' } } }])
})

/** A promise of a library of its own, that settles when the test says so. */
function thenable() {
  const waiting: ((value?: unknown) => void)[] = []
  return {
    settle: () => {
      for (const resolve of waiting) resolve()
    },
    // biome-ignore lint/suspicious/noThenProperty: that is what it is about
    value: { then: (resolve: () => void) => void waiting.push(resolve) }
  }
}

t.test('thenables of after_startup and before_stop are waited for', async (t) => {
  const [startup, stop] = [thenable(), thenable()]
  const ran: string[] = []
  const { hooks } = world([
    defineHooks('slow', { after_startup: () => startup.value, before_stop: () => stop.value })
  ])
  const started = hooks.startup().then(() => ran.push('started'))
  await new Promise(setImmediate)
  t.strictSame(ran, [])
  startup.settle()
  await started
  const stopped = hooks.stop().then(() => ran.push('stopped'))
  await new Promise(setImmediate)
  t.strictSame(ran, ['started'])
  stop.settle()
  await stopped
})

t.test('a before_stop that hangs is given up and logged', async (t) => {
  const { hooks, clock, log } = world([defineHooks('stuck', { before_stop: () => new Promise(() => {}) })])
  await hooks.startup()
  const stopped = hooks.stop()
  await new Promise(setImmediate)
  clock.advance(9_000)
  await stopped
  t.match(log.lines, [{ level: 'error', details: { hookPlugin: 'stuck', fn: 'before_stop' } }])
  t.equal(clock.pending, 0)
})

t.test(
  'a plugin that several mounts and channels have is started and stopped once by each server',
  async (t) => {
    const ran: string[] = []
    const shared = recorder('shared', ran)
    const mount = (path: string, hooks: HookPlugin[]) => ({
      path,
      connect: () => null,
      channels: { 'user:*': userChannel({ hooks }), 'admin:*': userChannel({ hooks }) },
      webrtc: false as const
    })
    const start = async () => {
      const app = Fastify()
      await app.register(phoenix, mount('/a', [shared]))
      await app.register(phoenix, mount('/b', [shared, recorder('other', ran)]))
      await app.ready()
      return app
    }
    const first = await start()
    t.strictSame(
      ran.filter((what) => what.endsWith('startup')),
      ['shared startup', 'other startup']
    )
    await first.close()
    t.strictSame(ran.filter((what) => what.endsWith('stop')).sort(), ['other stop', 'shared stop'])
    const second = await start()
    await second.close()
    t.equal(ran.filter((what) => what === 'shared startup').length, 2)
    t.equal(ran.filter((what) => what === 'shared stop').length, 2)
  }
)
