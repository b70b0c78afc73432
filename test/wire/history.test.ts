import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { MemoryEngine } from '../../lib/cluster/memory.js'
import phoenix, { defineChannel, type PhoenixOptions, userChannel } from '../../plugins/phoenix.js'
import { connectRaw } from '../fixtures/raw-client.js'
import { options, startServer } from '../fixtures/server.js'

const room = defineChannel({
  history: { size: 3 },
  join: () => ({ status: 'ok' }),
  handleIn: { say: (payload, channel) => channel.broadcast('say', payload as object) }
})
const channels = { 'room:*': room, 'user:*': userChannel({ history: {} }), 'plain:*': { join: room.join } }

async function register(app: FastifyInstance, mount: Partial<PhoenixOptions>): Promise<void> {
  await app.register(phoenix, { ...options, ...mount })
}

async function start(t: Test, mount: Partial<PhoenixOptions> = {}) {
  const server = await startServer(t, { channels, ...mount })
  return { ...server, service: server.app.phoenix }
}

t.test('publish resolves to the position, and history reads from there', async (t) => {
  const { service } = await start(t)
  const first = await service.publish('room:1', 'say', { n: 1 })
  t.equal(first.offset, 1)
  t.same(await service.publish('room:1', 'say', { n: 2 }), { ...first, offset: 2 })
  const bytes = Buffer.from([1, 2])
  const last = await service.publish('room:1', 'bytes', bytes)
  const page = await service.history('room:1', { since: first })
  t.same(page.position, last)
  t.equal(page.complete, true)
  t.match(page.messages, [
    { offset: 2, event: 'say', payload: { n: 2 }, at: Number },
    { offset: 3, event: 'bytes', payload: Uint8Array.of(1, 2) }
  ])
  t.same(
    (await service.history('room:1', { limit: 1 })).messages.map(({ offset }) => offset),
    [1],
    'from the oldest'
  )
  const { messages } = await service.history('room:1', { since: first, limit: 1 })
  Object.assign(messages[0]?.payload as object, { n: 'changed' })
  t.match(await service.history('room:1', { since: first }), { messages: [{ payload: { n: 2 } }, {}] })

  await service.publish('room:1', 'say', { n: 4 })
  t.same(await service.history('room:1', { since: { ...first, offset: 0 } }), {
    position: { ...first, offset: 4 },
    complete: false,
    messages: []
  })
  t.equal((await service.history('room:1', { since: { epoch: 'x', offset: 0 } })).complete, false)
})

t.test('a message with a key is one message', async (t) => {
  const { service, url } = await start(t)
  const client = await connectRaw(t, url)
  await client.join('room:1')
  const position = await service.publish('room:1', 'say', { n: 1 }, { key: 'a' })
  t.same(await service.publish('room:1', 'say', { n: 'again' }, { key: 'a' }), position)
  await service.publish('room:1', 'say', { n: 2 }, { key: 'b' })
  t.same(await client.next(), [null, null, 'room:1', 'say', { n: 1 }])
  t.same(await client.next(), [null, null, 'room:1', 'say', { n: 2 }])
})

t.test('broadcasts, those of channels and pushes to a user are kept, and nothing else is', async (t) => {
  const { service, url } = await start(t)
  const client = await connectRaw(t, url)
  await client.join('room:1')
  client.send('1', '2', 'room:1', 'say', { n: 1 })
  await client.next()
  service.broadcast('room:1', 'say', { n: 2 })
  service.broadcast('room:1', 'say', { n: 3 }, { dropStale: 'state' })
  service.localBroadcast('room:1', 'say', { n: 4 })
  service.broadcastData('room:1', 'label', 'data')
  service.pushToUser('alice', 'notice', { n: 5 })
  const read = async (topic: string) =>
    (await service.history(topic)).messages.map(({ event, payload }) => [event, payload])
  t.same(await read('room:1'), [
    ['say', { n: 1 }],
    ['say', { n: 2 }]
  ])
  t.same(await read('user:alice'), [['notice', { n: 5 }]])
  t.match(service.stats.history, { topics: 2, messages: 3, dropped: 0 })
  t.ok(Number(service.stats.history?.bytes) > 0)
})

t.test('what cannot be published, or read', async (t) => {
  const { service } = await start(t)
  const none = { code: 'PHX_ERR_HISTORY_NONE', message: /plain:1 has no history/ }
  await t.rejects(service.publish('plain:1', 'say', {}), none)
  await t.rejects(service.history('plain:1'), none)
  await t.rejects(service.publish('room:1', 'say', { n: 1n }), { code: 'PHX_ERR_SERIALIZER_ENCODE' })
  await t.rejects(service.publish('room:1', 'say', [] as object), { code: 'PHX_ERR_SERIALIZER_ENCODE' })
  await t.rejects(service.publish('room:1', 1 as never, {}), { code: 'PHX_ERR_SERIALIZER_ENCODE' })
  const invalid = { code: 'PHX_ERR_OPTION_INVALID' }
  for (const key of ['', 'k'.repeat(257), 1, null]) {
    await t.rejects(service.publish('room:1', 'say', {}, { key: key as never }), invalid)
  }
  await t.rejects(service.publish('room:1', 'disconnect', {}), invalid)
  for (const query of [
    { limit: -1 },
    { limit: 1.5 },
    { since: {} },
    { since: { epoch: '', offset: 0 } },
    { since: { epoch: 'e', offset: '0' } },
    { since: null }
  ]) {
    await t.rejects(service.history('room:1', query as never), invalid)
  }
  t.equal((await service.history('room:1')).position.offset, 0)
})

t.test('a server without histories has none', async (t) => {
  const { app } = await startServer(t)
  await t.rejects(app.phoenix.history('room:1'), { code: 'PHX_ERR_HISTORY_NONE' })
  t.equal(app.phoenix.stats.history, undefined)
})

t.test('wrong options are refused at the start, by their name', async (t) => {
  const wrong: [unknown, RegExp][] = [
    [true, /channels\["room:\*"\]\.history: must be \{ size, ttlMs \}, not a boolean/],
    [[], /\.history: must be/],
    [{ size: 0 }, /\.history\.size: must be a whole number from 1/],
    [{ size: 1.5 }, /\.history\.size/],
    [{ size: '100' }, /\.history\.size/],
    [{ ttlMs: 0 }, /\.history\.ttlMs: must be a whole number of milliseconds/],
    [{ ttlMs: 2 ** 31 }, /\.history\.ttlMs/],
    [{ ttl: 1 }, /\.history\.ttl: there is no such option/]
  ]
  for (const [history, message] of wrong) {
    const app = Fastify()
    const channel = { ...room, history } as never
    const registered = register(app, { channels: { 'room:*': channel } })
    await t.rejects(registered, { code: 'PHX_ERR_OPTION_INVALID', message }, JSON.stringify(history))
  }
  for (const [history, message] of [
    [1, /option history: must be an object/],
    [{ idleTopics: 0 }, /history\.idleTopics: must be a whole number/],
    [{ bytes: -1 }, /history\.bytes/],
    [{ recover: '3' }, /history\.recover/],
    [{ size: 1 }, /history\.size/]
  ] as const) {
    const app = Fastify()
    await t.rejects(register(app, { channels, history: history as never }), { message })
  }
  t.throws(() => userChannel({ history: { size: 0 } }), { message: /userChannel\.history\.size/ })
})

t.test('the limits are of the whole server', async (t) => {
  const app = Fastify()
  await register(app, { channels, history: { recover: 10 } })
  await register(app, { channels, path: '/same', history: { recover: 10 } })
  await register(app, { channels, path: '/none' })
  await t.rejects(register(app, { channels, path: '/other', history: { recover: 9 } }), {
    code: 'PHX_ERR_OPTION_INVALID',
    message: /history: is of the whole server/
  })
})

t.test('a history is kept on one node: with a cluster it is refused', async (t) => {
  const cluster = new MemoryEngine().adapter()
  const refused = { code: 'PHX_ERR_OPTION_INVALID', message: /option cluster: .*history/ }
  await t.rejects(register(Fastify(), { channels, cluster }), refused)
  const app = Fastify()
  await register(app, { channels })
  await t.rejects(register(app, { path: '/other', cluster }), refused)
})
