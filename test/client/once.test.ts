import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { CuttingProxy } from '../../bench/once/cutting-proxy.js'
import { randomOf } from '../../bench/once/random.js'
import { HookError } from '../../lib/client/client.js'
import { systemClock } from '../../lib/client/clock.js'
import { protobufCodec } from '../../lib/client/protobuf.js'
import { defineHooks } from '../../plugins/phoenix.js'
import { openHookClient, refused, travelsOn } from '../fixtures/hook-client.js'
import { until } from '../fixtures/until.js'
import { startUserServer } from '../fixtures/user-server.js'

/** A shop that counts what it sold, and answers one kind of order when the test says so. */
function shopOf() {
  const events = new EventEmitter()
  const sold: unknown[] = []
  const keys: unknown[] = []
  let finish = (): void => {}
  const hooks = defineHooks('shop', {
    buy(call, item: unknown): number {
      keys.push(call.key)
      return sold.push(item)
    },
    async order(_call, item: unknown): Promise<unknown> {
      sold.push(item)
      events.emit('ordered')
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      return { sent: item }
    },
    async declines(call, word: string): Promise<never> {
      sold.push(word)
      events.emit('ordered')
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      return call.refuse(word)
    },
    refuses(call, word: string): never {
      sold.push(word)
      return call.refuse(word)
    },
    large(_call, length: number): string {
      sold.push('large')
      return 'x'.repeat(length)
    }
  })
  return { hooks, sold, keys, ordered: () => once(events, 'ordered'), finish: () => finish() }
}

t.test('each call that runs once has a key of its own, and others have none', async (t) => {
  const { hooks, sold, keys } = shopOf()
  const { base } = await startUserServer(t, { hooks: [hooks] })
  for (const options of [{ createPeer: false as const }, {}, { codec: protobufCodec() }]) {
    keys.length = 0
    sold.length = 0
    const { client } = openHookClient<typeof hooks>(t, base, options)
    await travelsOn(client, 'createPeer' in options ? 'channel' : 'datachannel')
    t.equal(await client.callWith({ once: true }, 'shop', 'buy', 'hat'), 1)
    t.equal(await client.callWith({ once: true }, 'shop', 'buy', 'hat'), 2)
    t.equal(await client.callWith({ once: false }, 'shop', 'buy', 'hat'), 3)
    t.equal(await client.call('shop', 'buy', 'hat'), 4)
    t.match(keys[0], /^[\w+/]{24}$/)
    t.not(keys[0], keys[1])
    t.same(keys.slice(2), [undefined, undefined])
    client.close()
  }
})

t.test('the application may give a key of its own, and ask again with that of an error', async (t) => {
  const { hooks, sold, ordered, finish } = shopOf()
  const { base } = await startUserServer(t, { hooks: [hooks] })
  const { client } = openHookClient<typeof hooks>(t, base)
  t.equal(await client.callWith({ once: 'order 17' }, 'shop', 'buy', 'hat'), 1)
  t.equal(await client.callWith({ once: 'order 17' }, 'shop', 'buy', 'hat'), 1)
  t.equal(await refused(client.callWith({ once: 'order 17' }, 'shop', 'buy', 'coat')), 'key_reused')
  t.equal(await refused(client.callWith({ once: 'x'.repeat(65) }, 'shop', 'buy', 'coat')), 'invalid_key')
  const isOrdered = ordered()
  const late = client.callWith({ once: true, timeoutMs: 100 }, 'shop', 'order', 'coat')
  await isOrdered
  const error = await late.catch((err: unknown) => err)
  if (!(error instanceof HookError)) throw error
  t.equal(error.reason, 'call_timeout')
  const again = client.callWith({ once: String(error.key) }, 'shop', 'order', 'coat')
  finish()
  t.same(await again, { sent: 'coat' })
  t.same(sold, ['hat', 'coat'])
})

for (const transport of ['channel', 'datachannel'] as const) {
  t.test(`a call whose ${transport} is lost gets the result of the one run`, async (t) => {
    const { hooks, sold, ordered, finish } = shopOf()
    const { app, base } = await startUserServer(t, { hooks: [hooks] })
    const options = transport === 'channel' ? { createPeer: false as const } : {}
    const { client, channel } = openHookClient<typeof hooks>(t, base, options)
    await travelsOn(client, transport)
    const isOrdered = ordered()
    const call = client.callWith({ once: true }, 'shop', 'order', 'hat')
    await isOrdered
    if (transport === 'channel') app.phoenix.disconnect('user_socket:alice')
    else channel.push('webrtc:close', {})
    await until(() => app.phoenix.stats.once.repeated.waited === 1)
    finish()
    t.same(await call, { sent: 'hat' })
    t.same(sold, ['hat'])
  })
}

t.test('a result that has no room on the DataChannel comes over the channel', async (t) => {
  const { hooks, sold } = shopOf()
  const { base } = await startUserServer(t, { hooks: [hooks] })
  const { client } = openHookClient<typeof hooks>(t, base)
  await travelsOn(client, 'datachannel')
  t.equal(await refused(client.call('shop', 'large', 400_000)), 'result_too_large')
  const result = await client.callWith({ once: true }, 'shop', 'large', 400_000)
  t.equal(result.length, 400_000)
  t.equal(sold.length, 2)
})

/** The pauses between questions are none. */
const hasty = {
  ...systemClock,
  setTimeout: (callback: () => void, ms: number) => systemClock.setTimeout(callback, ms === 500 ? 1 : ms)
}

for (const word of ['rate_limited', 'overloaded', 'rate_limit_of_mine']) {
  t.test(`a hook that refused with ${word} has run, and its caller gets the word after a loss`, async (t) => {
    const { hooks, sold, ordered, finish } = shopOf()
    const { app, base } = await startUserServer(t, { hooks: [hooks] })
    const { client } = openHookClient<typeof hooks>(t, base, { createPeer: false, clock: hasty })
    await travelsOn(client, 'channel')
    const isOrdered = ordered()
    const call = refused(client.callWith({ once: true, timeoutMs: 10_000 }, 'shop', 'declines', word))
    await isOrdered
    app.phoenix.disconnect('user_socket:alice')
    await until(() => app.phoenix.stats.once.repeated.waited === 1)
    finish()
    t.equal(await call, word)
    t.same(sold, [word])
  })
}

for (const transport of ['channel', 'datachannel'] as const) {
  t.test(`a hook over the ${transport} that refuses with result_too_large is believed`, async (t) => {
    const { hooks, sold } = shopOf()
    const { app, base } = await startUserServer(t, { hooks: [hooks] })
    const options = transport === 'channel' ? { createPeer: false as const } : {}
    const { client } = openHookClient<typeof hooks>(t, base, options)
    await travelsOn(client, transport)
    t.equal(
      await refused(client.callWith({ once: true }, 'shop', 'refuses', 'result_too_large')),
      'result_too_large'
    )
    t.equal(sold.length, 1)
    t.equal(app.phoenix.stats.once.repeated.kept, transport === 'channel' ? 0 : 1)
  })
}

t.test('the time of a call that cannot run is over with what the server said last', async (t) => {
  const { hooks } = shopOf()
  const { base } = await startUserServer(t, { hooks: [hooks] })
  const { client } = openHookClient<typeof hooks>(t, base, { createPeer: false, clock: hasty })
  await travelsOn(client, 'channel')
  const call = client.callWith({ once: true, timeoutMs: 200 }, 'shop', 'refuses', 'once_unavailable')
  await t.rejects(call, { reason: 'call_timeout', cause: { reason: 'once_unavailable' } })
})

t.test('what is no key is no ordinary call', async (t) => {
  const { hooks, sold } = shopOf()
  const { base } = await startUserServer(t, { hooks: [hooks] })
  for (const options of [{ createPeer: false as const }, {}, { codec: protobufCodec() }]) {
    const { client } = openHookClient<typeof hooks>(t, base, options)
    await travelsOn(client, 'createPeer' in options ? 'channel' : 'datachannel')
    for (const once of ['', null, 7] as string[])
      t.equal(await refused(client.callWith({ once }, 'shop', 'buy', 'hat')), 'invalid_key')
    client.close()
  }
  t.same(sold, [])
})

t.test('an aborted call is rejected at once, and its hook goes on', async (t) => {
  const { hooks, ordered, finish, sold } = shopOf()
  const { app, base } = await startUserServer(t, { hooks: [hooks] })
  const { client } = openHookClient<typeof hooks>(t, base)
  const abort = new AbortController()
  const isOrdered = ordered()
  const call = client.callWith({ once: 'k', signal: abort.signal }, 'shop', 'order', 'hat')
  await isOrdered
  abort.abort(new Error('enough'))
  await t.rejects(call, { message: 'enough' })
  client.close()
  finish()
  await until(() => app.phoenix.stats.once.results === 1)
  t.same(sold, ['hat'])
})

t.test('calls over connections that are cut at any moment each run once', async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  t.comment(`SEED=${seed}`)
  const random = randomOf(seed)
  const runs = new Map<string, number>()
  const counted = defineHooks('counted', {
    async run(call, name: string): Promise<string> {
      runs.set(name, (runs.get(name) ?? 0) + 1)
      if (random() < 0.5) await new Promise((resolve) => setTimeout(resolve, random() * 30))
      return `${call.userId} ${name}`
    }
  })
  const off = { count: 0, windowMs: 1 }
  const limits = {
    callsInFlight: 0,
    events: off,
    joins: off,
    topicJoins: off,
    offers: off,
    iceCandidates: off
  }
  const { app, base } = await startUserServer(
    t,
    { hooks: [counted] },
    { limits: { ...limits, connects: off } }
  )
  const proxy = await CuttingProxy.start(() => Number(new URL(base).port))
  t.teardown(() => proxy.close())
  const url = `http://127.0.0.1:${proxy.port}/socket`
  const transports = ['datachannel', 'channel', 'longpoll'] as const
  const clients = transports.map((transport) =>
    openHookClient<typeof counted>(
      t,
      url,
      { timeoutMs: 60_000, ...(transport !== 'datachannel' && { createPeer: false }) },
      { transport: transport === 'longpoll' ? 'longpoll' : 'websocket' }
    )
  )
  let left = 0
  const callAll = clients.flatMap(({ client }, number) =>
    Array.from({ length: 4 }, async (_, line) => {
      for (let i = 0; i < 25; i++) {
        const name = `${number} ${line} ${i}`
        left++
        t.equal(await client.callWith({ once: true }, 'counted', 'run', name), `alice ${name}`)
        left--
      }
    })
  )
  const cutting = setInterval(() => {
    proxy.cut(random)
    const { client, channel } = clients[0] as (typeof clients)[0]
    const chance = random()
    if (chance < 0.3) client.reopen()
    else if (chance < 0.5 && channel.state === 'joined') channel.push('webrtc:close', {})
  }, 40)
  t.teardown(() => clearInterval(cutting))
  await Promise.all(callAll)
  t.equal(left, 0)
  t.equal(runs.size, 300)
  t.same(
    [...runs].filter(([, count]) => count !== 1),
    []
  )
  const { ran, repeated } = app.phoenix.stats.once
  t.comment(`cuts: ${proxy.cuts}, ran: ${ran}, ${JSON.stringify(repeated)}`)
  t.equal(ran, 300)
  t.ok(repeated.kept + repeated.waited > 0, 'some were asked for again')
})
