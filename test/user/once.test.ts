import t, { type Test } from 'tap'
import { defineHooks, type PhoenixOptions } from '../../plugins/phoenix.js'
import { encodeCall } from '../fixtures/rtc-envelope.js'
import { deferred } from '../fixtures/test-socket.js'
import { until } from '../fixtures/until.js'
import { UserClient } from '../fixtures/user-client.js'
import { startUserServer } from '../fixtures/user-server.js'

/** A server with a shop, and a client of it. */
async function start(t: Test, options: Partial<PhoenixOptions> = {}) {
  const sold: string[] = []
  const paid = deferred<string>()
  const shop = defineHooks('shop', {
    buy: (_call, item: string) => sold.push(item),
    pay({ signal }, item: string) {
      signal.addEventListener('abort', () => sold.push('aborted'))
      sold.push(item)
      return paid.promise
    }
  })
  const { app, base } = await startUserServer(t, { hooks: [shop] }, options)
  const client = () => {
    // What is not answered, as its client has gone, keeps the process for so long.
    const alice = new UserClient(base, 'alice', {}, { timeout: 4_000 })
    t.teardown(() => alice.close())
    return alice
  }
  const alice = client()
  await alice.join()
  const buy = (key: unknown, ...args: unknown[]) =>
    alice.push('call_hook', { plugin: 'shop', fn: 'buy', args, key })
  return { app, alice, client, buy, sold, paid }
}

t.test('a call with a key runs once over the channel, whoever asks again', async (t) => {
  const { app, buy, sold, client } = await start(t)
  const ok = { status: 'ok', response: { data: 1 } }
  t.match(await buy('k', 'hat'), ok)
  t.match(await buy('k', 'hat'), ok)
  const other = client()
  await other.join()
  t.match(await other.push('call_hook', { plugin: 'shop', fn: 'buy', args: ['hat'], key: 'k' }), ok)
  t.same(sold, ['hat'])
  t.match(await buy(null, 'hat'), { response: { data: 2 } })
  t.match(await buy('', 'hat'), { status: 'error', response: { error: 'invalid_key' } })
  t.match(await buy('k', 'coat'), { status: 'error', response: { error: 'key_reused' } })
  t.match(await buy(5, 'hat'), { status: 'error', response: { error: 'invalid_key' } })
  t.match(app.phoenix.stats.once, { ran: 1, repeated: { kept: 2, reused: 1 }, keys: 1, results: 1 })
})

t.test('and over the channel after a DataChannel, and a protobuf DataChannel after both', async (t) => {
  const { alice, buy, sold } = await start(t)
  const [events] = await alice.openPeer()
  const call = { type: 'call_hook', plugin: 'shop', fn: 'buy', args: ['hat'], key: 'k', id: 1 }
  events?.native.sendMessage(JSON.stringify(call))
  t.same(JSON.parse(String(await events?.next())), {
    type: 'hook_reply',
    plugin: 'shop',
    fn: 'buy',
    id: 1,
    data: 1
  })
  t.match(await buy('k', 'hat'), { response: { data: 1 } })
  events?.native.sendMessage(JSON.stringify({ ...call, key: 7 }))
  t.match(JSON.parse(String(await events?.next())), { type: 'hook_error', error: 'invalid_key' })
  const [protobuf] = await alice.openPeer(['events'], { protocol: 'protobuf' })
  const again = encodeCall({ id: 1, plugin: 'shop', fn: 'buy', args_json: Buffer.from('["hat"]'), key: 'k' })
  t.match(await protobuf?.ask(again), { id: 1, json: 1 })
  t.same(sold, ['hat'])
})

t.test('a call whose socket is lost goes on, and its end is waited for on the next one', async (t) => {
  const { app, alice, client, sold, paid } = await start(t)
  const call = { plugin: 'shop', fn: 'pay', args: ['hat'], key: 'k' }
  void alice.push('call_hook', call)
  await until(() => sold.length === 1)
  alice.close()
  await until(() => app.phoenix.socketCount === 0)
  const next = client()
  await next.join()
  const answer = next.push('call_hook', call)
  await until(() => app.phoenix.stats.once.repeated.waited === 1)
  paid.resolve('paid')
  t.match(await answer, { status: 'ok', response: { data: 'paid' } })
  t.same(sold, ['hat'])
})

t.test('a server that closes lets calls come to their end whose callers have gone', async (t) => {
  const { app, alice, sold, paid } = await start(t)
  void alice.push('call_hook', { plugin: 'shop', fn: 'pay', args: ['hat'], key: 'k' })
  await until(() => sold.length === 1)
  alice.close()
  await until(() => app.phoenix.socketCount === 0)
  let isClosed = false
  const closed = app.phoenix.drain().then(() => {
    isClosed = true
  })
  await new Promise(setImmediate)
  t.notOk(isClosed)
  paid.resolve('paid')
  await closed
  t.match(app.phoenix.stats.once, { ran: 1, keys: 1, results: 1 })
})

t.test('a server that closes answers those who wait for a call of another connection', async (t) => {
  const { app, alice, client, sold, paid } = await start(t)
  const call = { plugin: 'shop', fn: 'pay', args: ['hat'], key: 'k' }
  void alice.push('call_hook', call)
  await until(() => sold.length === 1)
  alice.close()
  await until(() => app.phoenix.socketCount === 0)
  const next = client()
  await next.join()
  const answer = next.push('call_hook', call)
  await until(() => app.phoenix.stats.once.repeated.waited === 1)
  const drained = app.phoenix.drain()
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  t.equal(app.phoenix.socketCount, 1)
  paid.resolve('paid')
  t.match(await answer, { status: 'ok', response: { data: 'paid' } })
  await drained
})

t.test('it waits no longer than the drain may take', async (t) => {
  const { app, alice, sold } = await start(t, { drain: { shutdownMs: 200 } })
  void alice.push('call_hook', { plugin: 'shop', fn: 'pay', args: ['hat'], key: 'k' })
  await until(() => sold.length === 1)
  alice.close()
  await until(() => app.phoenix.socketCount === 0)
  await app.phoenix.drain()
  t.same(sold, ['hat'])
})

t.test('a result that is larger than what may be kept is answered, and expired afterwards', async (t) => {
  const { buy } = await start(t, { once: { resultBytesPerUser: 0 } })
  t.match(await buy('k', 'hat'), { response: { data: 1 } })
  t.match(await buy('k', 'hat'), { response: { error: 'result_expired' } })
})

t.test('options that are none are refused by name, and so are two of one server', async (t) => {
  const refused: [once: object, name: RegExp][] = [
    [{ keepMS: 1 }, /once\.keepMS/],
    [{ keepMs: -1 }, /once\.keepMs/],
    [{ keepMs: '1' }, /once\.keepMs/],
    [{ rememberMs: 2 ** 31 }, /once\.rememberMs/],
    [{ rememberMs: 1000 }, /once\.rememberMs/],
    [{ keysPerUser: 1.5 }, /once\.keysPerUser/],
    [[], /option once/]
  ]
  for (const [once, message] of refused)
    await t.rejects(startUserServer(t, {}, { once }), { code: 'PHX_ERR_OPTION_INVALID', message })
})

t.test('what such a call sends to a caller that has gone goes nowhere, and does no harm', async (t) => {
  const going = deferred()
  const gone = deferred()
  const talker = defineHooks('talker', {
    async tell(call) {
      going.resolve()
      await gone.promise
      call.push('progress', { percent: 50 })
      call.sendData('state', 'half')
      return 'told'
    }
  })
  const { app, base } = await startUserServer(t, { hooks: [talker] })
  const client = () => {
    const alice = new UserClient(base, 'alice', {}, { timeout: 4_000 })
    t.teardown(() => alice.close())
    return alice
  }
  const alice = client()
  await alice.join()
  const call = { plugin: 'talker', fn: 'tell', args: [], key: 'k' }
  void alice.push('call_hook', call)
  await going.promise
  alice.close()
  await until(() => app.phoenix.socketCount === 0)
  gone.resolve()
  const next = client()
  await next.join()
  t.match(await next.push('call_hook', call), { status: 'ok', response: { data: 'told' } })
})
