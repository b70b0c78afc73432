import type { Channel } from 'phoenix'
import t, { type Test } from 'tap'
import dashboard from '../../plugins/dashboard.js'
import { startNodes } from '../fixtures/nodes.js'
import { connectPhoenix, join, next, push } from '../fixtures/phoenix-client.js'
import { open, openAdmin, token } from './helpers.js'

const threeNodes = (t: Test) =>
  startNodes(t, 3, {}, async (app) => {
    await app.register(dashboard, { token, actions: true })
  })

t.test('all nodes together, in one order', async (t) => {
  const { nodes } = await threeNodes(t)
  const rooms: Channel[] = []
  for (const [index, { url }] of nodes.entries()) {
    const room = connectPhoenix(t, url, { params: { user_id: `user-${index}` } }).channel('room:all')
    await join(room)
    rooms.push(room)
  }
  const admin = openAdmin(t, `${nodes[0]?.base}`)
  const sockets = await open(admin, 'sockets', { sort: 'id' })
  t.match(sockets.reply.response, {
    total: 3,
    silent: [],
    rows: nodes.map(({ app }, index) => ({ node: app.phoenix.node, id: `user_socket:user-${index}` }))
  })
  const topics = await open(admin, 'topics')
  t.match(topics.reply.response, { total: 1, rows: [{ topic: 'room:all', members: 3, nodes: 3 }] })
  const shown = await push(topics.channel, 'show', { topic: 'room:all' })
  t.match(shown.response, { members: 3, position: null })
  t.equal(shown.response.members100.length, 3)

  const cluster = await open(admin, 'cluster')
  t.same(
    cluster.reply.response.nodes.map(({ node }: { node: string }) => node),
    nodes.map(({ app }) => app.phoenix.node).sort()
  )
  t.match(cluster.reply.response.nodes[0], {
    state: 'up',
    silentSince: null,
    lagMs: Number,
    pid: process.pid
  })
  const overview = await open(admin, 'overview')
  const seen = new Set<string>()
  while (seen.size < 3) {
    for (const { node } of (await next(overview.channel, 'sample')).samples) seen.add(node)
  }

  await t.test('what is done reaches the node that it is for', async (t) => {
    const { ref } = sockets.reply.response.rows[2]
    t.match(await push(sockets.channel, 'show', { ref }), { status: 'ok', response: { ref, channels: 1 } })
    const last = new Promise<void>((resolve) => rooms[2]?.onError(() => resolve()))
    t.equal((await push(sockets.channel, 'disconnect', { ref })).status, 'ok')
    await last
  })

  await t.test('a topic is followed on whatever node is broadcast', async (t) => {
    const { channel } = await open(admin, 'follow:room:quiet')
    const followed = next(channel, 'messages')
    nodes[2]?.app.phoenix.broadcast('room:quiet', 'said', { n: 2 })
    t.match(await followed, { messages: [{ event: 'said', payload: { n: 2 } }] })
  })
})

t.test('pages go on where the one before ended', async (t) => {
  const { nodes } = await threeNodes(t)
  const waiting: Promise<unknown>[] = []
  for (let i = 0; i < 120; i++) {
    const { url } = nodes[i % 3] as (typeof nodes)[number]
    const client = connectPhoenix(t, url, { params: { user_id: `user-${String(i).padStart(3, '0')}` } })
    waiting.push(new Promise((resolve) => client.onOpen(() => resolve(undefined))))
  }
  await Promise.all(waiting)
  const { channel, reply } = await open(openAdmin(t, `${nodes[0]?.base}`), 'sockets', { sort: 'id' })
  const ids = (page: { rows: { id: string }[] }): string[] => page.rows.map(({ id }) => id)
  const second = (await push(channel, 'look', { sort: 'id', page: 1 })).response
  t.equal(reply.response.total, 120)
  const all = [...ids(reply.response), ...ids(second)]
  t.same(
    all,
    Array.from({ length: 120 }, (_, i) => `user_socket:user-${String(i).padStart(3, '0')}`)
  )
})

t.test('a node without a dashboard says so', async (t) => {
  const { nodes } = await startNodes(t, 2, {}, async (app, index) => {
    if (index === 0) await app.register(dashboard, { token })
  })
  const admin = openAdmin(t, `${nodes[0]?.base}`)
  const sockets = await open(admin, 'sockets')
  t.same(sockets.reply.response.silent, [nodes[1]?.app.phoenix.node])
  const { reply } = await open(admin, 'cluster')
  t.match(
    reply.response.nodes.find(({ node }: { node: string }) => node === nodes[1]?.app.phoenix.node),
    { state: 'no_dashboard', lagMs: null, silentSince: Number }
  )
})
