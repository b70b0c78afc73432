import t from 'tap'
import { defineHooks, userChannel } from '../../plugins/phoenix.js'
import { next } from '../fixtures/phoenix-client.js'
import { UserClient } from '../fixtures/user-client.js'
import { startUserServer } from '../fixtures/user-server.js'

t.test('nobody joins the channel of another user', async (t) => {
  const { base } = await startUserServer(t)
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  const { socket } = alice
  for (const topic of ['user:bob', 'user:', 'user:alice:more', 'user:constructor']) {
    const refused = new Promise((resolve) => socket.channel(topic).join().receive('error', resolve))
    t.same(await refused, { reason: 'unauthorized' }, topic)
  }
})

t.test('the application adds to the channel without losing what is built in', async (t) => {
  let ended: (end: unknown[]) => void
  const end = new Promise<unknown[]>((resolve) => {
    ended = resolve
  })
  const { app, base } = await startUserServer(t, {
    join: (params) =>
      (params as { beta?: boolean }).beta === true
        ? { status: 'ok', response: { welcome: true } }
        : { status: 'error', response: { reason: 'closed_beta' } },
    handleIn: { greet: (payload) => ({ status: 'ok', response: { echo: payload } }) },
    handleOut: {
      notice(payload, channel) {
        channel.push('notice', { ...(payload as object), decorated: true })
      }
    },
    terminate: (reason, channel) => {
      ended([channel.topic, reason])
    }
  })
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  t.same(await alice.join(), { status: 'error', response: { reason: 'closed_beta' } })
  alice.channel.leave()
  const channel = alice.socket.channel('user:alice', { beta: true })
  t.same(await new Promise((resolve) => channel.join().receive('ok', resolve)), { welcome: true })

  const ask = (event: string, payload: object): Promise<unknown> =>
    new Promise((resolve) => channel.push(event, payload).receive('ok', resolve).receive('error', resolve))
  t.same(await ask('greet', { n: 1 }), { echo: { n: 1 } })
  t.same(await ask('call_hook', { plugin: 'calls', fn: 'echo', args: [1] }), { data: 1 })
  t.same(await ask('nonsense', {}), { error: 'unknown_event' })
  t.same(await ask('constructor', {}), { error: 'unknown_event' })

  const notice = next(channel, 'notice')
  app.phoenix.pushToUser('alice', 'notice', { n: 2 })
  t.same(await notice, { n: 2, decorated: true })

  channel.leave()
  t.same(await end, ['user:alice', 'left'])
})

t.test('a join of the application may return a promise of another library', async (t) => {
  const thenable = {
    // biome-ignore lint/suspicious/noThenProperty: this is what is tested
    then: (resolve: (result: object) => void) => resolve({ status: 'ok' })
  }
  const { base } = await startUserServer(t, { join: () => thenable as Promise<{ status: 'ok' }> })
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  t.same(await alice.join(), { status: 'ok', response: {} })
  const call = alice.channel.push('call_hook', { plugin: 'calls', fn: 'echo', args: [1] })
  t.same(await new Promise((resolve) => call.receive('ok', resolve)), { data: 1 })
})

t.test('an event that is built in cannot be taken by the application', async (t) => {
  t.throws(() => userChannel({ handleIn: { call_hook: () => {} } }), { code: 'PHX_ERR_OPTION_INVALID' })
  t.throws(() => userChannel({ handleOut: { 'webrtc:data': () => {} } }), { code: 'PHX_ERR_OPTION_INVALID' })
})

t.test('the life of hook plugins follows the server and its users', async (t) => {
  const seen: string[] = []
  let left: () => void
  const gone = new Promise<void>((resolve) => {
    left = resolve
  })
  const life = defineHooks('life', {
    after_startup: () => seen.push('startup'),
    before_stop: () => seen.push('stop'),
    after_user_joined: ({ userId, push }) => {
      seen.push(`${userId} joined`)
      push('welcome', {})
    },
    after_user_left: ({ userId }) => {
      seen.push(`${userId} left`)
      left()
    }
  })
  const { app, base } = await startUserServer(t, { hooks: [life] })
  const alice = new UserClient(base, 'alice')
  const welcome = next(alice.channel, 'welcome')
  await alice.join()
  await welcome
  alice.close()
  await gone
  await app.close()
  t.same(seen, ['startup', 'alice joined', 'alice left', 'stop'])
})
