import t from 'tap'
import { silentLogger } from '../../lib/util/logger.js'
import { createNodeDataChannelFactory } from '../../lib/webrtc/native-factory.js'
import { createLoopbackFactory, NativeClient } from '../fixtures/native-client.js'
import { ok, summary } from '../fixtures/peer-session.js'

const factory = await createLoopbackFactory()

t.test('a hook is called over a DataChannel', async (t) => {
  const client = new NativeClient({ factory })
  const [events] = await client.connect(['events'])
  t.same(await events?.call('demo', 'echo', [1, 'é']), {
    type: 'hook_reply',
    plugin: 'demo',
    fn: 'echo',
    data: [1, 'é']
  })
  await client.pushes(({ event }) => event === 'webrtc:ice')
  const [answer, ...rest] = client.pushed
  t.match(answer, { event: 'webrtc:answer', payload: { type: 'answer', sdp: /^v=0/ } })
  for (const { event, payload } of rest) {
    if (event === 'webrtc:ice') {
      t.match(payload, {
        candidate: /^candidate:\S+ 1 UDP \d+ 127\.0\.0\.1 \d+ typ host/,
        sdpMid: '0',
        sdpMLineIndex: 0
      })
    }
  }
  const states = summary(rest).filter((name) => name !== 'webrtc:ice')
  t.same(states, ['webrtc:state connecting', 'webrtc:state connected', 'webrtc:channel_open'])
  client.session.end()
  client.disconnect()
  t.equal(factory.size, 0)
})

t.test('data travels in both directions, as text and as bytes', async (t) => {
  const seen: unknown[] = []
  const client: NativeClient = new NativeClient({
    factory,
    onData: (label, data) => {
      seen.push([label, data])
      client.session.sendData(label, data)
    }
  })
  const [chat] = await client.connect(['chat'])
  for (const data of ['text', '', Buffer.from([0, 255]), Buffer.alloc(0)]) {
    if (typeof data === 'string') chat?.native.sendMessage(data)
    else chat?.native.sendMessageBinary(data)
    t.same(await chat?.next(), data)
    t.same(seen.pop(), ['chat', data])
  }
  client.session.end()
  client.disconnect()
})

t.test('messages over the limit are dropped, the largest that fits is answered', async (t) => {
  const client = new NativeClient({ factory })
  const [events] = await client.connect(['events'])
  events?.native.sendMessage('x'.repeat(200_000))
  const padding = 'x'.repeat(65_536 - '{"type":"call_hook","plugin":"p","fn":"f","args":[""]}'.length)
  t.match(await events?.call('p', 'f', [padding]), { data: [padding] })
  t.equal(client.session.stats.dropped.too_large, 1)
  client.session.end()
  client.disconnect()
})

t.test('a result that is larger than the client takes becomes an error', async (t) => {
  const client = new NativeClient({
    factory,
    call: () => ({ ok: true, json: JSON.stringify('x'.repeat(300_000)) })
  })
  const [events] = await client.connect(['events'])
  t.match(await events?.call('p', 'f'), { type: 'hook_error', error: 'result_too_large' })
  client.session.end()
  client.disconnect()
})

t.test('a second offer brings a new connection', async (t) => {
  const client = new NativeClient({ factory })
  const [first] = await client.connect(['events'])
  client.pushed.length = 0
  const [second] = await client.connect(['events'])
  await first?.closed
  t.match(await second?.call('p', 'f', [2]), { data: [2] })
  t.equal(summary(client.pushed)[0], 'webrtc:answer')
  t.notOk(summary(client.pushed).includes('webrtc:state closed'))
  t.equal(factory.size, 1)
  client.session.end()
  client.disconnect()
})

t.test('the client sees its channels close when the join ends', async (t) => {
  const client = new NativeClient({ factory })
  const channels = await client.connect(['events', 'chat'])
  client.pushed.length = 0
  client.session.end()
  await Promise.all(channels.map(({ closed }) => closed))
  t.same(client.pushed, [])
  client.disconnect()
})

t.test('a client that goes away ends its peer', async (t) => {
  const client = new NativeClient({ factory })
  await client.connect(['events'])
  client.disconnect()
  await client.pushes(({ payload }) => payload.state === 'closed')
  t.equal(summary(client.pushed).filter((name) => name === 'webrtc:state closed').length, 1)
  t.equal(factory.size, 0)
  t.notOk(client.session.hasPeer)
})

t.test('webrtc:close closes the connection', async (t) => {
  const client = new NativeClient({ factory })
  const [events] = await client.connect(['events'])
  await client.pushes(({ event }) => event === 'webrtc:channel_open')
  t.same(client.session.closePeer(), ok)
  await events?.closed
  t.same(summary(client.pushed).slice(-2), ['webrtc:channel_closed', 'webrtc:state closed'])
  client.disconnect()
})

t.test('a DataChannel too many is closed', async (t) => {
  const client = new NativeClient({ factory, limits: { dataChannelsPerPeer: 2 } })
  await client.connect(['a', 'b', 'c', 'd'])
  t.equal(client.session.stats.dropped.channel_refused, 2)
  t.equal(client.pushed.filter(({ event }) => event === 'webrtc:channel_open').length, 2)
  client.session.end()
  client.disconnect()
})

t.test('the factory closes all that is left', async (t) => {
  const clients = [new NativeClient({ factory }), new NativeClient({ factory })]
  const channels = await Promise.all(clients.map((client) => client.connect(['events'])))
  t.equal(factory.size, 2)
  factory.close()
  t.equal(factory.size, 0)
  await Promise.all(channels.flat().map(({ closed }) => closed))
  for (const client of clients) {
    client.session.end()
    client.disconnect()
  }
})

t.test('the public address is advertised in place of the bound one', async (t) => {
  const factory = await createLoopbackFactory({ publicIp: '203.0.113.7', portRange: [45_000, 45_999] })
  const client = new NativeClient({ factory })
  // The client's own candidates are enough to connect.
  await client.connect(['events'])
  const { payload } = await client.pushes(({ event }) => event === 'webrtc:ice')
  t.match(payload.candidate, /^candidate:\S+ 1 UDP \d+ 203\.0\.113\.7 45\d\d\d typ host$/)
  t.notMatch(JSON.stringify(client.pushed), /127\.0\.0\.1 \d+ typ/)
  client.session.end()
  client.disconnect()
})

t.test('wrong options are refused with their names', async (t) => {
  const create = (options: object) => createNodeDataChannelFactory(options, silentLogger)
  const cases: [object, RegExp][] = [
    [{ bindAddress: 'localhost' }, /bindAddress/],
    [{ publicIp: 'example.org' }, /publicIp/],
    [{ bindAddress: '127.0.0.1', publicIp: '2001:db8::7' }, /publicIp: must be of the address family/],
    [{ portRange: [2, 1] }, /portRange/],
    [{ portRange: [0, 70_000] }, /portRange/],
    [{ maxMessageSize: 0 }, /maxMessageSize/],
    [{ iceServers: [{ urls: 'nothing' }] }, /iceServers/]
  ]
  for (const [options, message] of cases) {
    await t.rejects(create(options), { code: 'PHX_ERR_OPTION_INVALID', message })
  }
})
