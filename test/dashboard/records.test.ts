import t from 'tap'
import { defineHooks, userChannel } from '../../plugins/phoenix.js'
import { connectPhoenix, join, next, push } from '../fixtures/phoenix-client.js'
import { bearer, open, openAdmin, startWatched, upgradeStatus } from './helpers.js'

const calls = defineHooks('calls', {
  add: (_call, a: number, b: number) => a + b,
  async slow() {
    await new Promise((resolve) => setTimeout(resolve, 30))
    return true
  },
  refuses: ({ refuse }) => refuse('not_today')
})

t.test('hooks by function, with their errors and the slowest calls', async (t) => {
  const { base, url } = await startWatched(t, undefined, {
    channels: { 'user:*': userChannel({ hooks: [calls] }) }
  })
  const admin = openAdmin(t, base)
  const { channel, reply } = await open(admin, 'hooks')
  t.same(reply.response, { hooks: [], slowest: [], silent: [] })
  const user = connectPhoenix(t, url, { params: { user_id: 'ann' } }).channel('user:ann')
  t.equal((await join(user)).status, 'ok')
  const call = (fn: string, args: unknown[] = []) => push(user, 'call_hook', { plugin: 'calls', fn, args })
  for (let i = 0; i < 3; i++) await call('add', [1, 2])
  await call('slow')
  await call('refuses')
  for (let i = 0; i < 5; i++) await call(`made_up_${i}`)
  let shown = await next(channel, 'hooks')
  while (shown.hooks.length < 4) shown = await next(channel, 'hooks')
  const of = (fn: string) => shown.hooks.find((hook: { fn: string }) => hook.fn === fn)
  t.match(of('add'), { hookPlugin: 'calls', calls: 3, errors: {} })
  t.match(of('refuses'), { calls: 1, errors: { not_today: 1 } })
  t.ok(of('slow').p50Ms >= 29)
  t.match(of(''), { hookPlugin: '(no such hook)', calls: 5, errors: { not_implemented: 5 } })
  t.match(shown.slowest[0], {
    hookPlugin: 'calls',
    fn: 'slow',
    userId: 'ann',
    transport: 'websocket',
    result: 'ok'
  })
})

t.test('who was refused lately, and why', async (t) => {
  const { base, url } = await startWatched(t)
  const admin = openAdmin(t, base)
  const { channel, reply } = await open(admin, 'refusals')
  t.same(reply.response, { counts: {}, recent: [], silent: [] })
  const pushed = next(channel, 'refusals')
  const answer = await fetch(`${base}/socket/longpoll?vsn=2.0.0&user_id=nobody`)
  await answer.arrayBuffer()
  t.match(await pushed, {
    counts: { connect: 1 },
    recent: [{ kind: 'connect', words: /refused a connect/, details: {} }]
  })
  t.ok(url)
})

t.test('who is refused at the dashboard itself does not show', async (t) => {
  const { base } = await startWatched(t)
  await upgradeStatus(base, { ...bearer, origin: 'http://other.example' })
  const { reply } = await open(openAdmin(t, base), 'refusals')
  t.same(reply.response.recent, [])
})
