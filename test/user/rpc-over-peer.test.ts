import t from 'tap'
import { defineHooks } from '../../plugins/phoenix.js'
import { until } from '../fixtures/until.js'
import { UserClient } from '../fixtures/user-client.js'
import { calls, startUserServer } from '../fixtures/user-server.js'

let release = (): void => {}
const turns = defineHooks('turns', {
  args: (_call, ...args: unknown[]) => args,
  nan: () => Number.NaN,
  large: () => 'x'.repeat(300_000),
  inTurn: (_call, value: unknown) =>
    value === 'first' ? new Promise((resolve) => (release = () => resolve(value))) : value
})

const { app, base } = await startUserServer(t, { hooks: [calls, turns] })
const alice = new UserClient(base, 'alice')
t.teardown(() => alice.close())
await alice.join()
const [events] = await alice.openPeer()

async function send(message: object): Promise<unknown> {
  events?.native.sendMessage(JSON.stringify({ type: 'call_hook', ...message }))
  return JSON.parse(String(await events?.next()))
}

const reply = (fn: string, data: unknown) => ({ type: 'hook_reply', plugin: 'turns', fn, data })

t.test('args that are missing or null are none, and what is no list is the only argument', async (t) => {
  const call = { plugin: 'turns', fn: 'args' }
  t.strictSame(await send(call), reply('args', []))
  t.strictSame(await send({ ...call, args: null }), reply('args', []))
  t.strictSame(await send({ ...call, args: { a: 1 } }), reply('args', [{ a: 1 }]))
  t.strictSame(await send({ ...call, args: [1, [2]] }), reply('args', [1, [2]]))
})

t.test('a result that JSON cannot hold is null, over every transport', async (t) => {
  t.strictSame(await send({ plugin: 'turns', fn: 'nan' }), reply('nan', null))
  t.match(await send({ plugin: 'calls', fn: 'nothing' }), { data: null })
  t.strictSame((await alice.callHook('turns', 'nan')).response, { data: null })
  t.strictSame((await alice.callHook('calls', 'nothing')).response, { data: null })
})

t.test('a call with an id overtakes, calls of one function without come back in turn', async (t) => {
  const call = { type: 'call_hook', plugin: 'turns', fn: 'inTurn' }
  for (const message of [
    { ...call, args: ['first'] },
    { ...call, args: ['second'] },
    { ...call, args: ['third'], id: 3 }
  ]) {
    events?.native.sendMessage(JSON.stringify(message))
  }
  t.strictSame(JSON.parse(String(await events?.next())), { ...reply('inTurn', 'third'), id: 3 })
  release()
  t.strictSame(JSON.parse(String(await events?.next())), reply('inTurn', 'first'))
  t.strictSame(JSON.parse(String(await events?.next())), reply('inTurn', 'second'))
})

t.test('a string is an id, too, and everything else is none', async (t) => {
  const call = { plugin: 'turns', fn: 'args' }
  t.strictSame(await send({ ...call, id: 'a"b' }), { ...reply('args', []), id: 'a"b' })
  t.strictSame(await send({ ...call, id: { a: 1 } }), reply('args', []))
})

t.test('a reply larger than the client takes is an error', async (t) => {
  t.match(await send({ plugin: 'turns', fn: 'large' }), { type: 'hook_error', error: 'result_too_large' })
})

t.test('what is no call is dropped and counted, and a call on another label is none', async (t) => {
  const { dropped } = app.phoenix.stats.peers
  for (const message of [
    '',
    'garbage',
    '[]',
    'null',
    '{"type":"hook_reply"}',
    '{"type":"call_hook","fn":1}'
  ]) {
    events?.native.sendMessage(message)
  }
  events?.native.sendMessageBinary(Buffer.from([1, 2, 3]))
  const bob = new UserClient(base, 'bob')
  t.teardown(() => bob.close())
  await bob.join()
  const [chat] = await bob.openPeer(['chat'])
  chat?.native.sendMessage('{"type":"call_hook","plugin":"calls","fn":"echo"}')
  t.match(await send({ plugin: 'calls', fn: 'echo', args: [1] }), { data: 1 })
  await until(() => app.phoenix.stats.peers.dropped.unhandled === dropped.unhandled + 1)
  t.equal(app.phoenix.stats.peers.dropped.malformed, dropped.malformed + 7)
})
