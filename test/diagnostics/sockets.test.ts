import { once } from 'node:events'
import Fastify from 'fastify'
import t from 'tap'
import phoenix, { defineChannel, refuse } from '../../plugins/phoenix.js'
import { hear, messagesOf, namesOf } from '../fixtures/heard.js'
import { LongPollClient } from '../fixtures/longpoll-client.js'
import { connectRaw, refusal } from '../fixtures/raw-client.js'
import { listen, options, room, startServer } from '../fixtures/server.js'
import { until } from '../fixtures/until.js'

const socket = (path = '/socket', transport = 'websocket') => ({ transport, path, node: String })

t.test('the life of a socket and its channel, one object from its opening to its end', async (t) => {
  const heard = hear(t, 'connect', 'opened', 'join', 'left', 'closed')
  const { app, url } = await startServer(t)
  const client = await connectRaw(t, url, 'user_id=alice')
  await client.join('room:a')
  client.send('1', '2', 'room:a', 'phx_leave', {})
  await client.next()
  client.ws.close()
  await until(() => namesOf(heard).includes('closed'))
  t.same(namesOf(heard), [
    'connect:start',
    'connect:end',
    'opened',
    'join:start',
    'join:end',
    'left',
    'closed'
  ])
  const { node } = app.phoenix
  const [connect, connected, opened, , joined, left, closed] = heard.map(({ message }) => message)
  const { headers, ...others } = connect
  t.strictSame(others, { node, path: '/socket', transport: 'websocket' })
  t.match(headers(), { upgrade: 'websocket' })
  t.equal(connected.headers, undefined, 'the socket does not keep its request')
  t.match(connected, { result: 'ok', isAsync: false })
  t.equal(opened.connect, heard[0]?.told)
  t.match(opened.socket, { ...socket(), id: 'user_socket:alice', node })
  t.match(joined, { topic: 'room:a', pattern: 'room:*', result: 'ok' })
  t.match(left, { topic: 'room:a', pattern: 'room:*', reason: 'left' })
  t.match(closed, { reason: 'closed', code: undefined })
  for (const message of [joined, left, closed]) t.equal(message.socket, opened.socket)
})

t.test('a long-poll client connects and opens as well', async (t) => {
  const heard = hear(t, 'connect', 'opened')
  const { port, app } = await startServer(t)
  const client = new LongPollClient(port)
  t.teardown(() => client.end())
  await client.join('room:a')
  t.match(messagesOf(heard, 'connect:end'), [{ transport: 'longpoll', result: 'ok' }])
  t.match(messagesOf(heard, 'opened'), [{ socket: socket('/socket', 'longpoll') }])
  t.match(app.phoenix.stats.longpoll, { opened: 1, messagesIn: 1 })
})

t.test('a socket that the server closes has a code', async (t) => {
  const heard = hear(t, 'closed')
  const { app, url } = await startServer(t)
  const client = await connectRaw(t, url, 'user_id=alice')
  app.phoenix.disconnect('user_socket:alice')
  await client.closed
  t.match(messagesOf(heard, 'closed'), [{ reason: 'disconnected', code: 1001 }])
})

t.test('what comes of connects, at once and later', async (t) => {
  const heard = hear(t, 'connect')
  const { url } = await startServer(t, {
    async connect({ how }) {
      if (how === 'throw') throw new Error('no database')
      return how === 'refuse' ? refuse('banned') : {}
    }
  })
  await connectRaw(t, url)
  await refusal(url, 'how=refuse')
  await refusal(url, 'how=throw')
  const ends = messagesOf(heard, 'connect:asyncEnd')
  t.same(
    ends.map(({ result }) => result),
    ['ok', 'refused', 'failed']
  )
  t.match(messagesOf(heard, 'connect:error'), [{ error: { cause: { message: 'no database' } } }])
  t.equal(messagesOf(heard, 'connect:asyncStart').length, 3)
})

t.test('what is refused ahead of connect is a connect as well', async (t) => {
  const heard = hear(t, 'connect', 'refused')
  const { app, url } = await startServer(t, {}, { logger: false })
  for (let i = 0; i < 3; i++)
    await refusal(url, 'token=secret', { headers: { origin: 'http://evil.example' } })
  t.same(
    messagesOf(heard, 'connect:end').map(({ result }) => result),
    ['refused', 'refused', 'refused']
  )
  const refused = messagesOf(heard, 'refused')
  // Log lines of a kind come once a second; events do not wait for that.
  t.equal(refused.length, 3)
  t.match(refused[0], {
    node: app.phoenix.node,
    path: '/socket',
    kind: 'origin',
    words: /checkOrigin/,
    details: { origin: 'http://evil.example', address: '127.0.0.1' }
  })
  t.notMatch(JSON.stringify(refused), /secret/)
  t.equal(app.phoenix.stats.refused.origin, 3)
})

const answers = defineChannel({
  join(params) {
    const { how } = params as { how?: string }
    if (how === 'crash') throw new Error('no')
    return { status: how === 'refuse' ? 'error' : 'ok' }
  },
  handleIn: {
    ...(room.handleIn as object),
    async later() {
      return { status: 'error', response: {} }
    },
    fails: async () => {
      throw new Error('later')
    },
    stops: () => ({ stop: 'normal', reply: { status: 'ok', response: {} } })
  }
})

t.test('what comes of joins', async (t) => {
  const heard = hear(t, 'join')
  const { url } = await startServer(t, { channels: { 'room:*': answers }, maxChannels: 1 })
  const client = await connectRaw(t, url)
  for (const [topic, how] of [
    ['room:a', 'refuse'],
    ['room:a', 'crash'],
    ['room:a', 'ok'],
    ['room:b', 'ok'],
    ['none', 'ok']
  ]) {
    client.send('1', '1', topic, 'phx_join', { how })
    await client.next()
  }
  const ends = messagesOf(heard, 'join:end')
  t.same(
    ends.map(({ topic, result }) => [topic, result]),
    [
      ['room:a', 'error'],
      ['room:a', 'crashed'],
      ['room:a', 'ok'],
      ['room:b', 'refused']
    ]
  )
  t.match(messagesOf(heard, 'join:error'), [{ error: { message: 'no' } }])
})

t.test('what comes of events, leaves left out', async (t) => {
  const heard = hear(t, 'handle_in')
  const { url } = await startServer(t, { channels: { 'room:*': answers } })
  const client = await connectRaw(t, url)
  for (const [index, event] of ['ping', 'nack', 'later', 'stops', 'crash', 'fails', 'unknown'].entries()) {
    await client.join(`room:${index}`)
    client.send('1', '2', `room:${index}`, event, {})
    await client.next()
  }
  client.send('1', '3', 'room:0', 'phx_leave', {})
  await until(() => client.isAlive())
  const results = [...messagesOf(heard, 'handle_in:end'), ...messagesOf(heard, 'handle_in:asyncEnd')]
  t.same(
    results.filter(({ isAsync, result }) => !isAsync || result).map(({ event, result }) => [event, result]),
    [
      ['ping', 'ok'],
      ['nack', 'error'],
      ['stops', 'ok'],
      ['crash', 'crashed'],
      ['unknown', 'crashed'],
      ['later', 'error'],
      ['fails', 'crashed']
    ]
  )
  t.match(results[0], { topic: 'room:0', pattern: 'room:*', socket: socket() })
})

t.test('what is over a limit says which one', async (t) => {
  const one = { count: 1, windowMs: 60_000 }
  const heard = hear(t, 'rate_limited', 'refused')
  const { url } = await startServer(t, {
    limits: { topicJoins: one, events: one, connects: { ...one, count: 2 } }
  })
  const client = await connectRaw(t, url, 'user_id=alice')
  await client.join('room:a')
  await client.join('room:a')
  for (const ref of ['2', '3']) client.send('1', ref, 'room:a', 'ping', {})
  await client.next()
  await client.next()
  await refusal(url)
  await refusal(url)
  const limited = messagesOf(heard, 'rate_limited')
  t.same(
    limited.map(({ limit, socket }) => [limit, socket?.id]),
    [
      ['topicJoins', 'user_socket:alice'],
      ['events', 'user_socket:alice'],
      ['connects', undefined]
    ]
  )
  const kinds = messagesOf(heard, 'refused').map(({ kind, details }) => [kind, details.limit])
  t.same(kinds, [
    ['joinRate', 'topicJoins'],
    ['eventRate', 'events'],
    ['connectRate', undefined]
  ])
})

t.test('a full mailbox', async (t) => {
  const heard = hear(t, 'mailbox_full', 'left')
  const hangs = defineChannel({
    join: () => ({ status: 'ok' }),
    handleIn: { hang: () => new Promise(() => {}) }
  })
  const { url } = await startServer(t, { channels: { 'room:*': hangs }, limits: { mailboxMessages: 2 } })
  const client = await connectRaw(t, url)
  await client.join('room:a')
  for (let i = 0; i < 4; i++) client.send('1', `${i}`, 'room:a', 'hang', {})
  await client.next()
  t.match(messagesOf(heard, 'mailbox_full'), [{ topic: 'room:a', pattern: 'room:*', socket: socket() }])
  t.match(messagesOf(heard, 'left'), [{ topic: 'room:a', reason: 'error' }])
})

t.test('a client that does not read, ahead of its end', async (t) => {
  const heard = hear(t, 'slow_client', 'closed')
  const { app, url } = await startServer(t, { limits: { queuedBytesMax: 100_000, queuedBytes: 1000 } })
  const client = await connectRaw(t, url)
  await client.join('room:a')
  client.connection.pause()
  const payload = { text: 'x'.repeat(1024 * 1024) }
  await until(() => {
    app.phoenix.broadcast('room:a', 'big', payload)
    return namesOf(heard).includes('closed')
  })
  t.same(namesOf(heard), ['slow_client', 'closed'])
  t.match(heard[0]?.message, { waiting: Number, why: /more waits/, socket: socket() })
  t.equal(heard[0]?.message.socket, heard[1]?.message.socket)
})

t.test('the end of a mount', async (t) => {
  const heard = hear(t, 'drain', 'closed')
  const { app, url } = await startServer(t)
  const client = await connectRaw(t, url)
  await Promise.all([app.close(), once(client.ws, 'close')])
  t.match(messagesOf(heard, 'drain:start'), [{ path: '/socket', sockets: 1 }])
  t.match(messagesOf(heard, 'drain:asyncEnd'), [{ result: 'ok' }])
  t.match(messagesOf(heard, 'closed'), [{ reason: 'draining', code: 1012 }])
})

t.test('the path of a socket has all prefixes', async (t) => {
  const heard = hear(t, 'opened')
  const app = Fastify()
  await app.register(async (scope) => void (await scope.register(phoenix, { ...options, prefix: '/chat' })), {
    prefix: '/v1'
  })
  const { url } = await listen(t, app)
  await connectRaw(t, url.replace('/socket', '/v1/chat/socket'))
  t.match(messagesOf(heard, 'opened'), [{ socket: socket('/v1/chat/socket') }])
})
