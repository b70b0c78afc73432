import t from 'tap'
import { diagnostics } from '../../lib/diagnostics/diagnostics.js'
import dashboard from '../../plugins/dashboard.js'
import { join, next, push } from '../fixtures/phoenix-client.js'
import { UserClient } from '../fixtures/user-client.js'
import { startUserServer } from '../fixtures/user-server.js'
import { open, openAdmin, token } from './helpers.js'

t.test('peers, with the path that they found, and who they belong to', async (t) => {
  const { app, base } = await startUserServer(t, {}, {}, 0, (each) =>
    each.register(dashboard, { token, actions: true })
  )
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  await alice.join()
  const [events] = await alice.openPeer()
  await events?.call('calls', 'echo', [1])

  const admin = openAdmin(t, base.replace('/socket', ''))
  const { channel, reply } = await open(admin, 'peers')
  const [row] = reply.response.rows
  t.match(reply.response, { total: 1, silent: [] })
  t.match(row, {
    node: app.phoenix.node,
    userId: 'alice',
    state: 'connected',
    pair: { local: /^\w+ udp 127\.0\.0\.1:\d+$/, remote: /^\w+ udp 127\.0\.0\.1:\d+$/ },
    dataChannels: [{ label: 'events', bufferedAmount: 0 }],
    messagesIn: 1,
    messagesOut: 1,
    dropped: {}
  })
  t.ok(Date.now() - row.since < 60_000)
  t.equal((await push(channel, 'look', { sort: 'roundTripMs', query: 'ali' })).response.total, 1)
  t.equal((await push(channel, 'look', { query: '127.0.0.1' })).response.total, 1)
  t.equal((await push(channel, 'look', { query: 'bob' })).response.total, 0)

  const sockets = await open(admin, 'sockets')
  t.match(sockets.reply.response.rows, [{ id: 'user_socket:alice', hasPeer: true }])
  const shown = await push(sockets.channel, 'show', { ref: sockets.reply.response.rows[0].ref })
  t.match(shown.response.peers, [{ ref: row.ref }])

  t.same(await push(channel, 'close', { ref: row.ref }), { status: 'ok', response: {} })
  t.same(app.phoenix.peersOf('alice'), [])
  t.match((await push(channel, 'close', { ref: row.ref })).response, { reason: 'not_found' })
})

t.test('why openings failed lately', async (t) => {
  const { app, base } = await startUserServer(t, {}, {}, 0, (each) => each.register(dashboard, { token }))
  const socket = { id: null, transport: 'websocket', path: '/socket', node: app.phoenix.node } as const
  const failed = (userId: string, node = socket.node): void =>
    diagnostics.peerFailed.publish({
      socket: { ...socket, node },
      userId,
      peer: {},
      why: 'timeout',
      local: ['candidate:1 1 UDP 1 192.0.2.1 3478 typ host'],
      remote: [],
      ignored: [],
      cause: 'nothing came back',
      ageMs: 30_000
    })
  failed('ann')
  failed('elsewhere', 'another node')
  const channel = openAdmin(t, base.replace('/socket', '')).channel('peers')
  // Behind the reply to the join.
  const told = next(channel, 'failures')
  await join(channel)
  t.match(await told, {
    failures: [{ userId: 'ann', why: 'timeout', cause: 'nothing came back', node: socket.node }]
  })
  failed('bob')
  t.match(await next(channel, 'failures'), { failures: [{ userId: 'bob' }, { userId: 'ann' }] })
})
