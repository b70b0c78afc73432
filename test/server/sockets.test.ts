import { once } from 'node:events'
import t from 'tap'
import WebSocket from 'ws'
import { join, next, openPhoenix, push } from '../fixtures/phoenix-client.js'
import { startReferenceServer } from '../fixtures/reference-server.js'

/** The HTTP status that a connect is answered with; 101 when it is accepted. */
async function connectStatus(url: string, headers: Record<string, string> = {}): Promise<number> {
  const ws = new WebSocket(url.replace(/^http/, 'ws'), { headers })
  const opened = once(ws, 'open').then(() => {
    ws.close()
    return 101
  })
  const refused = once(ws, 'unexpected-response').then(([, response]) => response.statusCode as number)
  ws.on('error', () => {})
  refused.catch(() => {})
  return Promise.race([opened.catch(() => refused), refused])
}

t.test('a socket needs a token, as a parameter or as authToken', async (t) => {
  const { base, tokenFor } = await startReferenceServer(t)
  const token = await tokenFor('alice')
  const other = await startReferenceServer(t)

  t.equal(await connectStatus(`${base}/websocket?vsn=2.0.0&token=${token}`), 101)
  t.equal(await connectStatus(`${base}/websocket?vsn=2.0.0`), 403)
  t.equal(await connectStatus(`${base}/websocket?vsn=2.0.0&token=nonsense`), 403)
  t.equal(await connectStatus(`${base}/websocket?vsn=2.0.0&token[]=${token}`), 403)
  t.equal(await connectStatus(`${other.base}/websocket?vsn=2.0.0&token=${token}`), 403, 'of another server')

  const socket = openPhoenix(base, { authToken: token })
  t.equal((await join(socket.channel('user:alice'))).status, 'ok')
  socket.disconnect()
})

t.test('a user joins their own channel alone, and calls the demo hooks there', async (t) => {
  const { base, tokenFor } = await startReferenceServer(t)
  const socket = openPhoenix(base, { params: { token: await tokenFor('alice') } })
  t.teardown(() => socket.disconnect())
  t.same(await join(socket.channel('user:bob')), { status: 'error', response: { reason: 'unauthorized' } })
  const channel = socket.channel('user:alice')
  await join(channel)
  t.same((await push(channel, 'call_hook', { plugin: 'demo', fn: 'add', args: [2, 3] })).response, {
    data: 5
  })
  t.same((await push(channel, 'call_hook', { plugin: 'demo', fn: 'whoami' })).response, {
    data: { user_id: 'alice', transport: 'websocket' }
  })
})

t.test('what a member pushes to a room is broadcast to the others', async (t) => {
  const { base, tokenFor } = await startReferenceServer(t)
  const alice = openPhoenix(base, { params: { token: await tokenFor('alice') } })
  const bob = openPhoenix(base, { params: { token: await tokenFor('bob') } })
  t.teardown(() => {
    alice.disconnect()
    bob.disconnect()
  })
  const [roomOfAlice, roomOfBob] = [alice.channel('room:lobby'), bob.channel('room:lobby')]
  t.same(await join(roomOfAlice), { status: 'ok', response: {} })
  await join(roomOfBob)

  const heard: string[] = []
  roomOfAlice.on('anything', () => {
    heard.push('alice')
  })
  const atBob = next(roomOfBob, 'anything')
  t.same(await push(roomOfAlice, 'anything', { goes: [1, null] }), { status: 'ok', response: {} })
  t.same(await atBob, { goes: [1, null] })
  t.same(heard, [], 'and not to the member itself')
})

t.test('who joins a room is told who is there, by user id, and the others who came and went', async (t) => {
  const { base, tokenFor } = await startReferenceServer(t)
  const alice = openPhoenix(base, { params: { token: await tokenFor('alice') } })
  const bob = openPhoenix(base, { params: { token: await tokenFor('bob') } })
  t.teardown(() => {
    alice.disconnect()
    bob.disconnect()
  })
  const [roomOfAlice, roomOfBob] = [alice.channel('room:lobby'), bob.channel('room:lobby')]
  const entry = { metas: [{ phx_ref: String }] }
  const [aliceState, aliceDiff] = [next(roomOfAlice, 'presence_state'), next(roomOfAlice, 'presence_diff')]
  await join(roomOfAlice)
  t.match(await aliceState, { alice: entry })
  t.match(await aliceDiff, { joins: { alice: entry }, leaves: {} })

  const [bobState, bobCame] = [next(roomOfBob, 'presence_state'), next(roomOfAlice, 'presence_diff')]
  await join(roomOfBob)
  t.match(await bobState, { alice: entry, bob: entry })
  t.match(await bobCame, { joins: { bob: entry }, leaves: {} })

  const bobWent = next(roomOfAlice, 'presence_diff')
  bob.disconnect()
  t.match(await bobWent, { joins: {}, leaves: { bob: entry } })
})

t.test('a member cannot forge events of the protocol, or payloads that are none', async (t) => {
  const { base, tokenFor } = await startReferenceServer(t)
  const socket = openPhoenix(base, { params: { token: await tokenFor('mallory') } })
  t.teardown(() => socket.disconnect())
  const room = socket.channel('room:lobby')
  await join(room)
  const reserved = { status: 'error', response: { error: 'reserved_event' } }
  t.same(await push(room, 'phx_close', {}), reserved)
  t.same(await push(room, 'phx_error', {}), reserved)
  t.same(await push(room, 'chan_reply_3', { status: 'ok', response: {} }), reserved)
  t.same(await push(room, 'presence_state', {}), reserved)
  t.same(await push(room, 'presence_diff', { joins: {}, leaves: {} }), reserved)
  t.same(await push(room, 'message', [1]), { status: 'error', response: { error: 'invalid_payload' } })
  t.equal((await push(room, 'message', {})).status, 'ok', 'the channel lives on')
})

t.test('a fresh token of the same user is taken', async (t) => {
  const { base, tokenFor } = await startReferenceServer(t)
  const socket = openPhoenix(base, { params: { token: await tokenFor('alice') } })
  t.teardown(() => socket.disconnect())
  const channel = socket.channel('user:alice')
  const warned = next(channel, 'token_expiring')
  await join(channel)
  t.match(await warned, { expires_in: Number })
  t.same(await push(channel, 'access_token', { token: await tokenFor('alice', 600) }), {
    status: 'ok',
    response: {}
  })
  t.same(await push(channel, 'access_token', { token: await tokenFor('bob') }), {
    status: 'error',
    response: { error: 'unauthorized' }
  })
})

t.test('disconnect by the id of the user closes their sockets', async (t) => {
  const { app, base, tokenFor } = await startReferenceServer(t)
  const socket = openPhoenix(base, { params: { token: await tokenFor('alice') } })
  t.teardown(() => socket.disconnect())
  await join(socket.channel('user:alice'))
  const closed = new Promise((resolve) => socket.onClose(({ code }: CloseEvent) => resolve(code)))
  app.phoenix.disconnect('user_socket:alice')
  t.equal(await closed, 1001)
})

t.test('pages of other hosts cannot connect', async (t) => {
  const { base, tokenFor } = await startReferenceServer(t)
  const url = `${base}/websocket?vsn=2.0.0&token=${await tokenFor('alice')}`
  t.equal(await connectStatus(url, { origin: 'http://localhost:5173' }), 101)
  t.equal(await connectStatus(url, { origin: new URL(base).origin }), 101)
  t.equal(await connectStatus(url, { origin: 'https://evil.example' }), 403)

  const listed = await startReferenceServer(t, { CHECK_ORIGIN: 'https://app.example' })
  const listedUrl = `${listed.base}/websocket?vsn=2.0.0&token=${await listed.tokenFor('alice')}`
  t.equal(await connectStatus(listedUrl, { origin: 'https://app.example' }), 101)
  t.equal(await connectStatus(listedUrl, { origin: 'http://localhost:5173' }), 403)
})

t.test('limits of the environment hold', async (t) => {
  const { base, tokenFor } = await startReferenceServer(t, { LIMITS: '{"hookArgs":1}' })
  const socket = openPhoenix(base, { params: { token: await tokenFor('alice') } })
  t.teardown(() => socket.disconnect())
  const channel = socket.channel('user:alice')
  await join(channel)
  const answer = await push(channel, 'call_hook', { plugin: 'demo', fn: 'add', args: [1, 2] })
  t.same(answer, { status: 'error', response: { error: 'too_many_args' } })
})

t.test('with webrtc off offers are answered webrtc_disabled', async (t) => {
  const { base, tokenFor } = await startReferenceServer(t, { WEBRTC: 'off' })
  const socket = openPhoenix(base, { params: { token: await tokenFor('alice') } })
  t.teardown(() => socket.disconnect())
  const channel = socket.channel('user:alice')
  await join(channel)
  const answer = await push(channel, 'webrtc:offer', { type: 'offer', sdp: 'v=0' })
  t.same(answer, { status: 'error', response: { error: 'webrtc_disabled' } })
})
