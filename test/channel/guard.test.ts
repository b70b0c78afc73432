import t, { type Test } from 'tap'
import { enter, guard, guardedClock, guardedController } from '../../lib/guard.js'
import type { Serializer } from '../../lib/protocol/serializer/serializer.js'
import { v2 } from '../../lib/protocol/serializer/v2.js'
import { systemClock } from '../../lib/time/clock.js'
import { guardedLogger, type Logger } from '../../lib/util/logger.js'
import { defineHooks } from '../../plugins/phoenix.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'
import { deferred, settled } from '../fixtures/test-socket.js'
import { userSocket } from '../fixtures/user-socket.js'

/** Nothing that is thrown may reach the process. */
function watchProcess(t: Test): unknown[] {
  const escaped: unknown[] = []
  const keep = (err: unknown): void => void escaped.push(err)
  process.on('uncaughtException', keep)
  process.on('unhandledRejection', keep)
  t.teardown(() => {
    process.off('uncaughtException', keep)
    process.off('unhandledRejection', keep)
  })
  return escaped
}

const fail = (): never => {
  throw new Error('of the application')
}

const failing = (bad: (event: unknown) => boolean): Serializer => ({
  ...v2,
  encodeReply: (message) => (message.ref === 'bad' ? fail() : v2.encodeReply(message)),
  encodePush: (message) => (bad(message.event) ? fail() : v2.encodePush(message))
})

t.test(
  'a serializer that fails for the reply of an async hook ends the channel, not the process',
  async (t) => {
    const escaped = watchProcess(t)
    const { promise, resolve } = deferred()
    const hooks = defineHooks('app', { wait: () => promise.then(() => 1) })
    const { client } = userSocket(
      { hooks: [hooks] },
      1_000_000,
      failing(() => false)
    )
    client.join('user:alice')
    client.receive('1', 'bad', 'user:alice', 'call_hook', { plugin: 'app', fn: 'wait' })
    client.sent()
    resolve()
    await settled()
    await settled()
    t.match(client.sent(), [['1', '1', 'user:alice', 'phx_error', {}]])
    t.same(client.log.messages('error'), ['channel crashed'])
    t.same(escaped, [])
  }
)

t.test('so does one that fails for token_expiring, which a timer sends', async (t) => {
  const escaped = watchProcess(t)
  const { client, clock } = userSocket(
    {},
    100_000,
    failing((event) => event === 'token_expiring')
  )
  client.join('user:alice')
  client.sent()
  clock.advance(41_000)
  await settled()
  t.match(client.sent(), [['1', '1', 'user:alice', 'phx_error', {}]])
  t.same(escaped, [])
})

t.test('a listener of a signal that throws or rejects is logged', async (t) => {
  const escaped = watchProcess(t)
  const log = new RecordingLogger()
  const controller = guardedController(log)
  const { signal } = controller
  const calls: string[] = []
  const removed = (): void => void calls.push('removed')
  signal.addEventListener('abort', fail)
  signal.addEventListener('abort', async () => fail())
  signal.addEventListener('abort', { handleEvent: fail }, { once: true })
  signal.addEventListener('abort', () => void calls.push('heard'))
  signal.addEventListener('abort', removed)
  signal.removeEventListener('abort', removed)
  signal.onabort = fail
  t.equal(signal.onabort, fail)
  const any = AbortSignal.any([signal])
  controller.abort()
  await settled()
  t.same(calls, ['heard'])
  t.equal(log.messages('error').length, 4)
  t.ok(any.aborted)
  t.ok(signal instanceof AbortSignal)
  signal.onabort = null
  t.equal(signal.onabort, null)
  t.same(escaped, [])
})

t.test('timers, callbacks and promises go through the guard', async (t) => {
  const escaped = watchProcess(t)
  const log = new RecordingLogger()
  const clock = guardedClock(systemClock, log)
  await new Promise<void>((resolve) => {
    clock.setTimeout(() => {
      resolve()
      fail()
    }, 0)
  })
  clock.clearTimeout(clock.setTimeout(() => t.fail('was taken back'), 0))
  t.ok(clock.now() > 0)
  t.ok(clock.date() > 0)
  enter(log, 'a promise', async () => fail())
  const failures: unknown[] = []
  guard(log, 'told', fail, (err) => failures.push(err))()
  guard(log, 'told', fail, fail)()
  await settled()
  t.same(log.messages('error'), ['a timer failed', 'a promise'])
  t.equal(failures.length, 1)
  t.same(escaped, [])
})

t.test('a log that throws whatever it is told ends nothing', async (t) => {
  const log: Logger = { trace: fail, debug: fail, info: fail, warn: fail, error: fail }
  t.doesNotThrow(() => guardedLogger(log).error({ err: new Error('x') }, 'crashed'))
  enter(log, 'x', fail)
})
