import t from 'tap'
import { next } from '../fixtures/phoenix-client.js'
import { UserClient } from '../fixtures/user-client.js'
import { startUserServer } from '../fixtures/user-server.js'

t.test('a DataChannel opens through the signalling of the channel, and answers hook calls', async (t) => {
  const { base } = await startUserServer(t)
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  await alice.join()
  const [events] = await alice.openPeer()

  t.same(await events?.call('calls', 'echo', [42]), {
    type: 'hook_reply',
    plugin: 'calls',
    fn: 'echo',
    data: 42
  })
  t.match(await events?.call('calls', 'whoami'), { data: { userId: 'alice', transport: 'datachannel' } })
  t.match(await events?.call('calls', 'throws'), { type: 'hook_error', error: 'internal_error' })
  const names = alice.events.map(({ event }) => event)
  t.ok(names.indexOf('webrtc:answer') < names.indexOf('webrtc:ice'), 'no candidate comes before the answer')
  t.match(
    alice.events.filter(({ event }) => event === 'webrtc:state').map(({ payload }) => payload.state),
    ['connecting', 'connected']
  )
  t.match(
    alice.events.find(({ event }) => event === 'webrtc:channel_open'),
    { payload: { channel: 'events' } }
  )
})

t.test('data goes both ways on other DataChannels', async (t) => {
  const received: unknown[] = []
  const { app, base } = await startUserServer(t, {
    onData: (label, data, channel) => {
      received.push([channel.topic, label, data])
      channel.push('got', {})
    }
  })
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  await alice.join()
  const [state] = await alice.openPeer(['state'])

  const got = next(alice.channel, 'got')
  state?.native.sendMessage('up')
  await got
  t.same(received, [['user:alice', 'state', 'up']])

  app.phoenix.sendDataToUser('alice', 'state', 'down')
  t.equal(await state?.next(), 'down')
  app.phoenix.sendDataToUser('alice', 'state', Buffer.from([1, 2]))
  t.same(await state?.next(), Buffer.from([1, 2]))

  const elsewhere = next(alice.channel, 'webrtc:data')
  app.phoenix.sendDataToUser('alice', 'nowhere', 'around')
  t.same(await elsewhere, { channel: 'nowhere', data: 'around' })
})

t.test('data for a user does not wait for a handler of their channel that runs', async (t) => {
  const { app, base } = await startUserServer(t, {
    handleIn: {
      stuck: () => {
        app.phoenix.sendDataToUser('alice', 'nowhere', 'past it')
        return new Promise(() => {})
      }
    }
  })
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  await alice.join()
  const data = next(alice.channel, 'webrtc:data')
  alice.channel.push('stuck', {})
  t.same(await data, { channel: 'nowhere', data: 'past it' })
})

t.test('webrtc:send is answered as the DataChannel of that label would be', async (t) => {
  const { base } = await startUserServer(t)
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  await alice.join()
  const answered = next(alice.channel, 'webrtc:data')
  const call = { type: 'call_hook', plugin: 'calls', fn: 'whoami', id: 7 }
  t.same(await alice.push('webrtc:send', { channel: 'events', data: JSON.stringify(call) }), {
    status: 'ok',
    response: {}
  })
  const { channel, data } = await answered
  t.equal(channel, 'events')
  t.same(JSON.parse(data), {
    type: 'hook_reply',
    plugin: 'calls',
    fn: 'whoami',
    id: 7,
    data: { userId: 'alice', transport: 'websocket' }
  })
})

t.test('signalling that is wrong is refused, and the channel lives on', async (t) => {
  const { base } = await startUserServer(t)
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  await alice.join()
  const error = async (event: string, payload: object): Promise<unknown> =>
    (await alice.push(event, payload)).response.error

  t.equal(await error('webrtc:offer', {}), 'invalid_sdp')
  t.equal(await error('webrtc:offer', { sdp: 'garbage', type: 'offer' }), 'invalid_sdp')
  t.equal(await error('webrtc:offer', { sdp: 'v=0', type: 'answer' }), 'invalid_sdp')
  t.equal(await error('webrtc:ice', { candidate: 'x' }), 'no_webrtc_session')
  t.same(await alice.push('webrtc:close'), { status: 'ok', response: {} })
  t.same(await alice.push('webrtc:config'), { status: 'ok', response: { ice_servers: [], ttl: null } })
  const [events] = await alice.openPeer()
  t.match(await events?.call('calls', 'echo', [1]), { data: 1 })
})

t.test('the peer ends with its join, however that ends', async (t) => {
  const { app, base } = await startUserServer(t, {
    handleIn: {
      crash() {
        throw new Error('crash')
      }
    }
  })
  const endings: Record<string, (client: UserClient) => unknown> = {
    leave: ({ channel }) => channel.leave(),
    'a crash of the channel': ({ channel }) => channel.push('crash', {}, 100),
    'closing the socket': ({ socket }) => socket.disconnect(),
    'disconnect by id': () => app.phoenix.disconnect('user_socket:alice'),
    'webrtc:close': ({ channel }) => channel.push('webrtc:close', {}, 100)
  }
  for (const [name, end] of Object.entries(endings)) {
    const alice = new UserClient(base, 'alice')
    await alice.join()
    const [events] = await alice.openPeer()
    end(alice)
    await events?.closed
    t.pass(name)
    alice.close()
  }
})

t.test('with webrtc off offers are refused, and everything else works', async (t) => {
  const { base } = await startUserServer(t, {}, { webrtc: false })
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  await alice.join()
  t.same(await alice.push('webrtc:offer', { sdp: 'v=0', type: 'offer' }), {
    status: 'error',
    response: { error: 'webrtc_disabled' }
  })
  t.same((await alice.callHook('calls', 'echo', [1])).response, { data: 1 })
})
