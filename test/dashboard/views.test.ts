import t from 'tap'
import { connectPhoenix, join, next, push } from '../fixtures/phoenix-client.js'
import { open, openAdmin, startWatched } from './helpers.js'

t.test('the overview has samples, and a new one each second', async (t) => {
  const { base } = await startWatched(t)
  const admin = openAdmin(t, base)
  const { channel, reply } = await open(admin, 'overview')
  t.equal(reply.status, 'ok')
  t.match(reply.response, { node: String, version: /^\d/, actions: false, samples: [] })
  const { samples } = await next(channel, 'sample')
  t.ok(samples.length > 0)
  t.match(samples[0], {
    node: reply.response.node,
    websockets: 0,
    cpu: Number,
    loopP99Ms: Number,
    hookP50Ms: null
  })
})

t.test('what the dashboard itself does counts nowhere', async (t) => {
  const { app, base, url } = await startWatched(t)
  const client = connectPhoenix(t, url, { params: { user_id: 'ann' } })
  await join(client.channel('room:1'))
  const admin = openAdmin(t, base)
  const { channel } = await open(admin, 'overview')
  await open(admin, 'follow:room:9')
  const sample = (await next(channel, 'sample')).samples[0]
  t.match(sample, { websockets: 1, channels: 1 })
  t.equal(app.phoenix.socketCount, 1)
  const { reply } = await open(admin, 'topics')
  t.match(reply.response, { total: 1, rows: [{ topic: 'room:1', members: 1, nodes: 1 }] })
  const sockets = await open(admin, 'sockets')
  t.equal(sockets.reply.response.total, 1)
})

t.test('a socket is found by its user, address and topic, and shown', async (t) => {
  const { base, url } = await startWatched(t)
  for (const user of ['ann', 'bob']) {
    const client = connectPhoenix(t, url, { params: { user_id: user } })
    const channel = client.channel(`room:${user}s`)
    await join(channel)
    await push(channel, 'ping', { n: 1 })
  }
  const admin = openAdmin(t, base)
  const { channel, reply } = await open(admin, 'sockets', { query: 'ANN' })
  t.match(reply.response, {
    total: 1,
    page: 0,
    silent: [],
    rows: [
      {
        id: 'user_socket:ann',
        transport: 'websocket',
        path: '/socket',
        address: '127.0.0.1',
        channels: 1,
        messagesIn: 2
      }
    ]
  })
  t.equal((await push(channel, 'look', { query: '127.0.0.1' })).response.total, 2)
  t.equal((await push(channel, 'look', { query: 'room:bobs' })).response.rows[0].id, 'user_socket:bob')
  t.same(
    (await push(channel, 'look', { sort: 'id' })).response.rows.map(({ id }: { id: string }) => id),
    ['user_socket:ann', 'user_socket:bob']
  )
  const { ref } = reply.response.rows[0]
  const shown = await push(channel, 'show', { ref })
  t.match(shown.response, {
    ref,
    expiresAt: null,
    joined: [{ topic: 'room:anns', pattern: 'room:*', waiting: 0, busy: false }],
    peers: []
  })
})

t.test('a list tells of what has changed', async (t) => {
  const { base, url } = await startWatched(t)
  const admin = openAdmin(t, base)
  const { channel, reply } = await open(admin, 'sockets')
  t.equal(reply.response.total, 0)
  const changed = next(channel, 'page')
  connectPhoenix(t, url, { params: { user_id: 'ann' } })
  t.match(await changed, { total: 1, rows: [{ id: 'user_socket:ann' }] })
})
