import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import t from 'tap'
import { defineHooks } from '../../plugins/phoenix.js'
import { hear, messagesOf, namesOf } from '../fixtures/heard.js'
import { UserClient } from '../fixtures/user-client.js'
import { calls, startUserServer } from '../fixtures/user-server.js'

const handlers = new AsyncLocalStorage<string>()
const stored = new AsyncLocalStorage<string>()
const context = defineHooks('context', {
  now: () => [handlers.getStore(), stored.getStore()],
  async later() {
    await new Promise(setImmediate)
    return [handlers.getStore(), stored.getStore()]
  }
})

const { base } = await startUserServer(
  t,
  {
    hooks: [calls, context],
    handleIn: { where: () => ({ status: 'ok', response: { handler: handlers.getStore() } }) }
  },
  { limits: { hookArgs: 1 } }
)
const alice = new UserClient(base, 'alice')
t.teardown(() => alice.close())
await alice.join()
const [events] = await alice.openPeer()

async function callOverPeer(plugin: string, fn: string): Promise<{ data: unknown }> {
  events?.native.sendMessage(JSON.stringify({ type: 'call_hook', plugin, fn }))
  return JSON.parse(String(await events?.next()))
}

const endsOf = (heard: ReturnType<typeof hear>) =>
  [...messagesOf(heard, 'hook:end'), ...messagesOf(heard, 'hook:asyncEnd')]
    .filter(({ isAsync, result }) => !isAsync || result !== undefined)
    .map(({ fn, result }) => [fn, result])

t.test('what comes of hooks, those included that are never called', async (t) => {
  const heard = hear(t, 'hook')
  for (const fn of ['echo', 'throws', 'refuses', 'circular', 'missing', 'after_startup', 'later']) {
    await alice.callHook('calls', fn)
  }
  await alice.callHook('calls', 'echo', [1, 2])
  await alice.callHook('nobody', 'x'.repeat(10_000))
  t.same(endsOf(heard), [
    ['echo', 'ok'],
    ['throws', 'internal_error'],
    ['refuses', 'not_today'],
    ['circular', 'result_not_json_encodable'],
    ['missing', 'not_implemented'],
    ['after_startup', 'reserved_hook_name'],
    ['echo', 'too_many_args'],
    [`${'x'.repeat(200)}...`, 'not_found'],
    ['later', 'ok']
  ])
  t.same(
    messagesOf(heard, 'hook:error').map(({ fn, error }) => [fn, error.message]),
    [
      ['throws', 'a secret'],
      ['circular', messagesOf(heard, 'hook:error')[1]?.error.message]
    ]
  )
  t.same(
    messagesOf(heard, 'hook:start').map(({ isKnown }) => isKnown),
    [true, true, true, true, false, false, true, true, false]
  )
})

t.test('a call knows whose it is and what it came over', async (t) => {
  const heard = hear(t, 'hook')
  await alice.callHook('calls', 'echo')
  await callOverPeer('calls', 'echo')
  const [first, second] = messagesOf(heard, 'hook:end')
  const whose = { userId: 'alice', topic: 'user:alice', hookPlugin: 'calls', fn: 'echo', result: 'ok' }
  t.match(first, { ...whose, transport: 'websocket', isAsync: false })
  t.match(second, { ...whose, transport: 'datachannel', isAsync: false })
  t.match(first.socket, { id: 'user_socket:alice', path: '/socket', transport: 'websocket' })
  t.equal(second.socket, first.socket)
})

t.test('a hook call over the WebSocket is within the event that it came in', async (t) => {
  const heard = hear(t, 'hook', 'handle_in')
  await alice.callHook('calls', 'later')
  t.same(namesOf(heard), [
    'handle_in:start',
    'hook:start',
    'hook:end',
    'handle_in:end',
    'hook:asyncStart',
    'hook:asyncEnd'
  ])
})

t.test('what is bound to a trace is there in handlers and hooks, over both ways', async (t) => {
  const hook = tracingChannel('fastify-phoenix:hook').start
  const handleIn = tracingChannel('fastify-phoenix:handle_in').start
  hook.bindStore(stored as AsyncLocalStorage<unknown>, (message) => `hook ${(message as { fn: string }).fn}`)
  handleIn.bindStore(handlers as AsyncLocalStorage<unknown>, () => 'handler')
  t.teardown(() => hook.unbindStore(stored as AsyncLocalStorage<unknown>))
  t.teardown(() => handleIn.unbindStore(handlers as AsyncLocalStorage<unknown>))
  t.match(await alice.push('where'), { response: { handler: 'handler' } })
  t.match(await alice.callHook('context', 'now'), { response: { data: ['handler', 'hook now'] } })
  t.match(await alice.callHook('context', 'later'), { response: { data: ['handler', 'hook later'] } })
  t.match(await callOverPeer('context', 'now'), { data: [null, 'hook now'] })
  t.match(await callOverPeer('context', 'later'), { data: [null, 'hook later'] })
})
