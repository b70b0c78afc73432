import t, { type Test } from 'tap'
import { CuttingProxy } from '../../bench/once/cutting-proxy.js'
import type { AnyHooks } from '../../lib/client/client.js'
import { protobufCodec } from '../../lib/client/protobuf.js'
import { defineHooks } from '../../plugins/phoenix.js'
import { openHookClient, refused, travelsOn } from '../fixtures/hook-client.js'
import { until } from '../fixtures/until.js'
import { startUserServer } from '../fixtures/user-server.js'

const half = '\ud83d'
const transports = {
  channel: { createPeer: false as const },
  datachannel: {},
  protobuf: { codec: protobufCodec() }
}

/** An array with so many levels. */
function nested(levels: number): unknown {
  let value: unknown = 'ä "[[['
  for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { value }
  return value
}

for (const [name, options] of Object.entries(transports)) {
  t.test(`over the ${name} what no server reads is refused, and nothing is sent`, async (t) => {
    const { base } = await startUserServer(t)
    const { client, socket } = openHookClient<AnyHooks>(t, base, options)
    let closes = 0
    socket.onClose(() => {
      closes++
    })
    await travelsOn(client, name === 'channel' ? 'channel' : 'datachannel')
    for (const repeats of [{}, { idempotent: true }, { once: true }]) {
      const reasonFor = (...call: [plugin: string, fn: string, ...args: unknown[]]) =>
        refused(client.callWith(repeats, ...call))
      for (const unreadable of [
        `cut ${half}`,
        { [half]: 1 },
        '\ude00',
        `\\${half}`,
        nested(998),
        nested(1200)
      ])
        t.equal(await reasonFor('calls', 'echo', unreadable), 'args_not_json_encodable')
      t.equal(await reasonFor(half, 'echo'), 'args_not_json_encodable')
      t.equal(await reasonFor('calls', `echo${half}`), 'args_not_json_encodable')
    }
    t.equal(await refused(client.callWith({ once: `a${half}` }, 'calls', 'echo')), 'invalid_key')
    for (const readable of [
      '\u{1f600}',
      '\\ud83d',
      '\\\\ud83d "',
      '\ufffd\\u',
      nested(997),
      '['.repeat(5000)
    ])
      t.same(
        await client.callWith(
          { once: `\u{1f600}${JSON.stringify(readable).length}` },
          'calls',
          'echo',
          readable
        ),
        readable
      )
    t.equal(closes, 0)
  })
}

t.test('half a surrogate pair is no data, whichever way it would go', async (t) => {
  const received: unknown[] = []
  const { base } = await startUserServer(t, { onData: (_label, data) => void received.push(data) })
  const { client, socket } = openHookClient(t, base, { dataChannels: { state: {} } })
  let closes = 0
  socket.onClose(() => {
    closes++
  })
  await travelsOn(client, 'datachannel')
  await until(() => client.send('state', 'whole'))
  for (const label of ['state', 'elsewhere']) t.equal(client.send(label, `cut ${half}`), false)
  t.equal(client.send(half, 'label'), false)
  t.equal(client.send('elsewhere', '\u{1f600}'), true)
  await until(() => received.length === 2)
  t.strictSame(received.sort(), ['whole', '\u{1f600}'])
  t.equal(closes, 0)
})

t.test('a call that no server takes is given up after three sockets', async (t) => {
  let connects = 0
  const connect = (params: Record<string, unknown>) => {
    connects++
    return { userId: params.user_id }
  }
  const { base } = await startUserServer(t, {}, { connect, limits: { frameBytes: 32_768 } })
  const { client } = openHookClient(t, base, { createPeer: false })
  await travelsOn(client, 'channel')
  for (const repeats of [{ idempotent: true }, { once: true }]) {
    connects = 0
    const large = client.callWith({ ...repeats, timeoutMs: 0 }, 'calls', 'echo', 'x'.repeat(40_000))
    t.equal(await refused(large), 'connection_lost')
    t.equal(await client.call('calls', 'echo', 1), 1, 'the next call is none of its kind')
    t.equal(connects, 3)
  }
})

/** A hook that answers when it is told to, behind a way that can be cut. */
async function startSlow(t: Test) {
  let finish = (): void => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  let runs = 0
  const hooks = defineHooks('slow', {
    async hook(): Promise<string> {
      runs++
      await finished
      return 'done'
    }
  })
  const { app, base } = await startUserServer(t, { hooks: [hooks] })
  let isUp = true
  let tries = 0
  const proxy = await CuttingProxy.start(() => {
    tries++
    return isUp ? Number(new URL(base).port) : undefined
  })
  t.teardown(() => proxy.close())
  const { client } = openHookClient<typeof hooks>(t, `http://127.0.0.1:${proxy.port}/socket`, {
    createPeer: false,
    timeoutMs: 0
  })
  await travelsOn(client, 'channel')
  const cut = () => proxy.cut(() => 0)
  return {
    client,
    finish,
    cut,
    waited: () => app.phoenix.stats.once.repeated.waited,
    runs: () => runs,
    tries: () => tries,
    network(now: boolean): void {
      isUp = now
      if (!now) cut()
    }
  }
}

t.test('a call goes on over an outage of the network, however often no socket opens', async (t) => {
  const { client, finish, network, waited, runs, tries } = await startSlow(t)
  const call = client.callWith({ once: true }, 'slow', 'hook')
  await until(() => runs() === 1)
  network(false)
  const before = tries()
  await until(() => tries() > before + 15)
  network(true)
  await until(() => waited() === 1)
  finish()
  t.equal(await call, 'done')
  t.equal(runs(), 1)
})

t.test('and over sockets that the network ends one after the other', async (t) => {
  const { client, finish, cut, waited, runs } = await startSlow(t)
  const call = client.callWith({ once: true }, 'slow', 'hook')
  await until(() => runs() === 1)
  for (let cuts = 1; cuts <= 20; cuts++) {
    cut()
    await until(() => waited() === cuts)
  }
  finish()
  t.equal(await call, 'done')
  t.equal(runs(), 1)
})
