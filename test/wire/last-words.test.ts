import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { defineChannel, defineHooks, type PhoenixOptions, userChannel } from '../../plugins/phoenix.js'
import { serverOf } from '../../plugins/service.js'
import { connectPhoenix, join, openPhoenix } from '../fixtures/phoenix-client.js'
import { connectRaw, type RawClient } from '../fixtures/raw-client.js'
import { startServer } from '../fixtures/server.js'
import { deferred } from '../fixtures/test-socket.js'

async function setUp(t: Test, more: Partial<PhoenixOptions> = {}, started: () => void = () => {}) {
  const room = defineChannel({
    async join(params) {
      await sleep((params as { delay?: number }).delay ?? 0)
      return { status: 'ok' }
    },
    handleIn: {
      async sleep(_payload, channel) {
        started()
        await sleep(60)
        channel.broadcast('slept', {})
        return { status: 'ok' }
      },
      say: (payload, channel) => channel.broadcast('said', payload as object)
    },
    terminate(reason, channel) {
      channel.endpoint.broadcast('ends', 'ended', { reason })
    }
  })
  // Long-poll clients leave connections behind that are idle.
  const server = await startServer(t, { channels: { '*': room }, ...more }, { forceCloseConnections: true })
  const listener = await connectRaw(t, server.url)
  await listener.join('a')
  await listener.join('ends')
  const heard = async (): Promise<unknown[]> => {
    const frames: unknown[] = []
    do frames.push(((await listener.next()) as unknown[]).slice(3))
    while (!JSON.stringify(frames.at(-1)).includes('ended'))
    return frames
  }
  return { ...server, heard }
}

/** Sends all of it in one write. */
function inOneWrite(client: RawClient, send: () => void): void {
  const { connection } = client
  connection.cork()
  send()
  connection.uncork()
}

const talk = (client: RawClient, leave = false): void => {
  client.send('1', '5', 'a', 'sleep', {})
  client.send('1', '6', 'a', 'say', { n: 1 })
  if (leave) client.send('1', '7', 'a', 'phx_leave', {})
}

const words = (reason: string) => [
  ['slept', {}],
  ['said', { n: 1 }],
  ['ended', { reason }]
]

const goings: [name: string, go: (client: RawClient) => void, reason: string][] = [
  ['a close', ({ ws }) => ws.close(1000), 'closed'],
  ['a drop', ({ connection }) => connection.destroySoon(), 'closed'],
  ['a broken frame', ({ ws }) => ws.send('oops'), 'error']
]

t.test('what came in one write with the end of the connection is done', async (t) => {
  const { url, heard } = await setUp(t)
  for (const [name, go, reason] of goings) {
    const client = await connectRaw(t, url)
    await client.join('a')
    inOneWrite(client, () => {
      talk(client)
      go(client)
    })
    t.same(await heard(), words(reason), name)
  }
})

t.test('also behind a join that takes its time, and a leave is a leave', async (t) => {
  const { url, heard } = await setUp(t)
  const client = await connectRaw(t, url)
  inOneWrite(client, () => {
    client.send('1', '1', 'a', 'phx_join', { delay: 50 })
    talk(client, true)
    client.ws.close(1000)
  })
  t.same(await heard(), words('left'))
})

t.test('a disconnect by id ends a client behind what it has said', async (t) => {
  const { app, url, heard } = await setUp(t)
  const client = await connectRaw(t, url, 'user_id=alice')
  await client.join('a')
  talk(client)
  client.send(null, '8', 'phoenix', 'heartbeat', {})
  await client.next()
  app.phoenix.disconnect('user_socket:alice')
  t.same(await heard(), words('disconnected'))
  t.equal(await client.closed, 1001)
})

t.test('a flood that was read, and then the end: nothing of it is lost', async (t) => {
  const { url, heard } = await setUp(t, { limits: { events: { count: 0, windowMs: 1 } } })
  const client = await connectRaw(t, url)
  await client.join('a')
  inOneWrite(client, () => {
    client.send('1', '5', 'a', 'sleep', {})
    for (let n = 0; n < 400; n++) client.send('1', '6', 'a', 'say', { n })
    client.ws.close(1000)
  })
  const frames = await heard()
  t.equal(frames.length, 402)
  t.same(frames.at(-2), ['said', { n: 399 }])
})

t.test('phoenix.js pushes and disconnects, over either transport', async (t) => {
  let hasStarted = deferred()
  const { base, heard } = await setUp(t, { longpoll: { windowMs: 200 } }, () => hasStarted.resolve())
  for (const transport of ['websocket', 'longpoll'] as const) {
    const socket = openPhoenix(`${base}/socket`, { transport })
    const channel = socket.channel('a')
    await join(channel)
    hasStarted = deferred()
    channel.push('sleep', {})
    channel.push('say', { n: 1 })
    // Over long-poll a batch goes out a moment later, and the session has to expire.
    if (transport === 'longpoll') await hasStarted.promise
    socket.disconnect()
    t.same(await heard(), words('closed'), transport)
  }
})

t.test('a server that closes waits for them', async (t) => {
  const { app, url } = await setUp(t)
  const said: unknown[] = []
  const client = await connectRaw(t, url)
  await client.join('a')
  talk(client)
  client.ws.close(1000)
  await client.closed
  serverOf(app).endpoint.pubsub.subscribe('a', { deliver: ({ broadcast }) => said.push(broadcast.event) })
  await app.close()
  t.same(said, ['slept', 'said'])
})

t.test('hooks that were called before the client went are called, and their signal has fired', async (t) => {
  const called: boolean[] = []
  const users: string[] = []
  const hooks = defineHooks('app', {
    save(call) {
      called.push(call.signal.aborted)
      return null
    },
    after_user_left: () => void users.push('left')
  })
  const { url } = await startServer(t, {
    channels: {
      'user:*': userChannel({ hooks: [hooks], handleIn: { sleep: () => sleep(50) } })
    }
  })
  const client = await connectRaw(t, url, 'user_id=alice')
  await client.join('user:alice')
  client.send('1', '2', 'user:alice', 'sleep', {})
  client.send('1', '3', 'user:alice', 'call_hook', { plugin: 'app', fn: 'save' })
  client.ws.close(1000)
  await client.closed
  while (users.length === 0) await sleep(5)
  t.same(called, [true])
})

t.test('a client whose join takes longer than the idle time-out is not cut off', async (t) => {
  const { url } = await setUp(t, { websocket: { timeoutMs: 100 } })
  const client = await connectRaw(t, url)
  client.send('1', '1', 'a', 'phx_join', { delay: 400 })
  t.match(await client.next(), ['1', '1', 'a', 'phx_reply', { status: 'ok' }])
  await once(client.ws, 'close')
  t.equal(await client.closed, 1002, 'and then it is')
})

t.test('phoenix.js still hears what it waits for when it stays', async (t) => {
  const { base } = await setUp(t)
  const channel = connectPhoenix(t, `${base}/socket`).channel('a')
  t.equal((await join(channel)).status, 'ok')
})
