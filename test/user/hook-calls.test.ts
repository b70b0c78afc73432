import t from 'tap'
import { next } from '../fixtures/phoenix-client.js'
import { UserClient } from '../fixtures/user-client.js'
import { startUserServer } from '../fixtures/user-server.js'

t.test('hooks over the channel of a real phoenix.js client', async (t) => {
  const { base } = await startUserServer(t, {}, { limits: { hookTimeoutMs: 100 } })
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  t.same(await alice.join(), { status: 'ok', response: {} })

  t.test('answer with their result', async (t) => {
    t.same(await alice.callHook('calls', 'echo', [{ deep: [1] }]), {
      status: 'ok',
      response: { data: { deep: [1] } }
    })
    t.same((await alice.callHook('calls', 'later', ['x'])).response, { data: 'x' })
    t.same((await alice.callHook('calls', 'nothing')).response, { data: null })
    t.same((await alice.callHook('calls', 'echo', 'no array')).response, { data: 'no array' })
    t.same((await alice.callHook('calls', 'whoami')).response, {
      data: { userId: 'alice', transport: 'websocket' }
    })
  })

  t.test('answer with the reason of a failure, and never with an error message', async (t) => {
    const reason = async (plugin: string, fn: string, args?: unknown): Promise<unknown> => {
      const { status, response } = await alice.callHook(plugin, fn, args)
      t.equal(status, 'error')
      return response.error
    }
    t.equal(await reason('nope', 'echo'), 'not_found')
    t.equal(await reason('calls', 'nope'), 'not_implemented')
    t.equal(await reason('calls', 'constructor'), 'reserved_hook_name')
    t.equal(await reason('calls', '__proto__'), 'reserved_hook_name')
    t.equal(await reason('calls', 'throws'), 'internal_error')
    t.equal(await reason('calls', 'hangs'), 'timeout')
    t.equal(await reason('calls', 'circular'), 'result_not_json_encodable')
    t.equal(await reason('calls', 'refuses'), 'not_today')
    t.equal(await reason('calls', 'echo', Array(33).fill(0)), 'too_many_args')
    t.equal(await reason('calls', 'echo', ['x'.repeat(65 * 1024)]), 'args_too_large')
  })

  t.test('that are called with anything but two names are an invalid payload', async (t) => {
    for (const payload of [
      {},
      { plugin: 'calls' },
      { plugin: 1, fn: 'echo' },
      { plugin: 'calls', fn: null }
    ]) {
      t.same(await alice.push('call_hook', payload), {
        status: 'error',
        response: { error: 'invalid_payload' }
      })
    }
    t.same((await alice.callHook('calls', 'echo', [1])).response, { data: 1 }, 'the channel lives on')
  })

  t.test('do not hold up the channel while they are slow', async (t) => {
    const slow = alice.callHook('calls', 'hangs')
    t.same((await alice.callHook('calls', 'echo', ['fast'])).response, { data: 'fast' })
    t.equal((await slow).response.error, 'timeout')
  })

  t.test('push to the channel of their caller', async (t) => {
    const notice = next(alice.channel, 'notice')
    await alice.callHook('calls', 'pushes')
    t.same(await notice, { from: 'hook' })
  })

  t.test('send data over the channel while there is no DataChannel', async (t) => {
    const data = next(alice.channel, 'webrtc:data')
    await alice.callHook('calls', 'sends', ['state', 'frame 1'])
    t.same(await data, { channel: 'state', data: 'frame 1' })
  })
})

t.test('calls in flight are limited over all sockets of a user', async (t) => {
  const { base } = await startUserServer(
    t,
    {},
    {
      limits: { callsInFlight: 2, hookTimeoutMs: 60_000 },
      drain: { shutdownMs: 100 }
    }
  )
  const first = new UserClient(base, 'alice')
  const second = new UserClient(base, 'alice')
  const other = new UserClient(base, 'bob')
  t.teardown(() => {
    for (const client of [first, second, other]) client.close()
  })
  for (const client of [first, second, other]) await client.join()
  // phoenix.js would wait for the replies that never come.
  for (let i = 0; i < 2; i++) first.channel.push('call_hook', { plugin: 'calls', fn: 'hangs' }, 1)
  t.equal((await first.callHook('calls', 'echo', [1])).response.error, 'overloaded')
  t.equal((await second.callHook('calls', 'echo', [1])).response.error, 'overloaded')
  t.same((await other.callHook('calls', 'echo', [1])).response, { data: 1 })
})
