import Fastify from 'fastify'
import type { Channel } from 'phoenix'
import t, { type Test } from 'tap'
import dashboard from '../../plugins/dashboard.js'
import phoenix from '../../plugins/phoenix.js'
import { connectPhoenix, join, next, push } from '../fixtures/phoenix-client.js'
import { listen, options } from '../fixtures/server.js'
import { open, openAdmin, startWatched, token } from './helpers.js'

const refOf = (rows: readonly { ref: string }[]): string => `${rows[0]?.ref}`

t.test('without the option nothing is done', async (t) => {
  const { base, url } = await startWatched(t)
  await join(connectPhoenix(t, url, { params: { user_id: 'ann' } }).channel('room:1'))
  const admin = openAdmin(t, base)
  const { channel, reply } = await open(admin, 'sockets')
  t.match(await push(channel, 'disconnect', { ref: refOf(reply.response.rows) }), {
    status: 'error',
    response: { reason: 'actions_off' }
  })
  const follow = await open(admin, 'follow:room:1')
  t.match((await push(follow.channel, 'broadcast', { event: 'said', payload: {} })).response, {
    reason: 'actions_off'
  })
  const peers = await open(admin, 'peers')
  t.match((await push(peers.channel, 'close', { ref: 'a/1' })).response, { reason: 'actions_off' })
})

t.test('a socket is disconnected, and the log says who did it', async (t) => {
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(line) }
  const app = Fastify({ logger: { stream }, forceCloseConnections: true })
  await app.register(phoenix, options)
  await app.register(dashboard, { token, actions: true })
  const { base, url } = await listen(t, app)
  const client = connectPhoenix(t, url, { params: { user_id: 'ann' } })
  const closed = new Promise((resolve) => client.onClose((event: { code: number }) => resolve(event.code)))
  await join(client.channel('room:1'))
  const admin = openAdmin(t, base)
  const { channel, reply } = await open(admin, 'sockets')
  const ref = refOf(reply.response.rows)
  t.same(await push(channel, 'disconnect', { ref }), { status: 'ok', response: {} })
  t.equal(await closed, 1001)
  const line = lines.find((each) => each.includes('disconnected from the dashboard'))
  t.match(JSON.parse(`${line}`), { by: '127.0.0.1', socketId: 'user_socket:ann' })
  t.match(await push(channel, 'disconnect', { ref }), { status: 'error', response: { reason: 'not_found' } })
})

t.test('a broadcast goes to all members, and who follows sees it', async (t) => {
  const { app, base, url } = await startWatched(t, { token, actions: true })
  const room = connectPhoenix(t, url, { params: { user_id: 'ann' } }).channel('room:1')
  await join(room)
  const { channel } = await open(openAdmin(t, base), 'follow:room:1')
  const heard = next(room, 'said')
  const followed = next(channel, 'messages')
  t.equal((await push(channel, 'broadcast', { event: 'said', payload: { n: 1 } })).status, 'ok')
  t.same(await heard, { n: 1 })
  t.match(await followed, { messages: [{ event: 'said', payload: { n: 1 }, cut: false }], leftOut: 0 })

  const many = next(channel, 'messages')
  for (let i = 0; i < 100; i++)
    app.phoenix.broadcast('room:1', 'tick', { text: 'x'.repeat(i === 0 ? 5000 : 1) })
  const { messages, leftOut } = await many
  t.equal(messages.length + leftOut, 100)
  t.match(messages[0], { cut: true, payload: /^\{"text":"xxx/ })
  await refusedBroadcasts(t, channel)
})

async function refusedBroadcasts(t: Test, channel: Channel): Promise<void> {
  for (const payload of [
    {},
    { event: 'phx_reply', payload: {} },
    { event: 'said' },
    { event: 'said', payload: 'text' },
    { event: 'x'.repeat(300), payload: {} }
  ]) {
    t.match(await push(channel, 'broadcast', payload), {
      status: 'error',
      response: { reason: 'invalid_payload', message: String }
    })
  }
}
