import fc from 'fast-check'
import t from 'tap'
import { createLoopbackFactory, NativeClient } from '../fixtures/native-client.js'
import { ok } from '../fixtures/peer-session.js'
import { until } from '../fixtures/until.js'

const factory = await createLoopbackFactory()
t.teardown(() => factory.close())

function end(client: NativeClient): void {
  client.session.end()
  client.disconnect()
}

t.test('a client that sends bytes alone, as that of Godot, calls hooks and sends data', async (t) => {
  const seen: unknown[] = []
  const client = new NativeClient({
    factory,
    onData: (label, data) => {
      seen.push([label, data])
    }
  })
  const [events, chat] = await client.connect(['events', 'chat'])
  const call = Buffer.from('{"type":"call_hook","plugin":"p","fn":"f","args":["é"]}')
  events?.native.sendMessageBinary(Buffer.from([0xff]))
  events?.native.sendMessageBinary(call)
  t.equal(await events?.next(), '{"type":"hook_reply","plugin":"p","fn":"f","data":["é"]}')
  chat?.native.sendMessageBinary(call)
  await until(() => seen.length > 0)
  t.same(seen, [['chat', call]])
  t.equal(client.session.stats.dropped.malformed, 1)
  end(client)
})

t.test('what of brief DataChannels does not arrive is counted by them', async (t) => {
  const count = 30
  let arrived = 0
  const client = new NativeClient({
    factory,
    limits: { dataChannelsPerPeer: 0 },
    onData: () => {
      arrived++
    }
  })
  await client.connect(['events'])
  const { dropped } = client.session.stats
  for (let i = 0; i < count; i++) {
    const brief = client.createChannel('brief')
    await brief.opened
    brief.native.sendMessage('only')
    brief.native.close()
  }
  await until(() => arrived + dropped.channel_lost === count)
  // Closed before this process, which is that of the server, too, had a turn: hardly one of these arrives.
  const earlier = arrived
  for (let i = 0; i < count; i++) client.openBriefly('only')
  await until(() => arrived + dropped.channel_lost === 2 * count)
  t.ok(arrived - earlier < count)
  t.equal(client.session.getStats()?.dropped.channel_lost, dropped.channel_lost)
  end(client)
})

t.test('a message that is larger than the client takes goes over the channel', async (t) => {
  const client = new NativeClient({ factory })
  const [chat] = await client.connect(['chat'])
  t.match(client.session.sendData('chat', 'x'.repeat(factory.maxMessageSize)), { sent: 1 })
  t.equal((await chat?.next())?.length, factory.maxMessageSize)
  const data = 'x'.repeat(factory.maxMessageSize + 1)
  t.match(client.session.sendData('chat', data), { sent: 0, pushed: 1, dropped: 0 })
  t.same(client.pushed.at(-1), { event: 'webrtc:data', payload: { channel: 'chat', data } })
  t.equal(client.session.stats.dropped.not_sent, 0)
  end(client)
})

t.test('a negotiated DataChannel is none that the server knows, and hurts no other', async (t) => {
  const client = new NativeClient({ factory })
  const [events] = await client.connect(['events'])
  const secret = client.createChannel('secret', { negotiated: true, id: 77 })
  await secret.opened
  secret.native.sendMessage('lost')
  await secret.closed
  t.match(await events?.call('p', 'f', [1]), { data: [1] })
  end(client)
})

t.test('whatever candidates a client sends, its peer opens and the process lives', async (t) => {
  const client = new NativeClient({ factory, limits: { iceCandidates: { count: 0, windowMs: 0 } } })
  const { session } = client
  const pick = <T>(...values: T[]) => fc.constantFrom(...values)
  const odd = fc.oneof(fc.string(), fc.integer().map(String))
  const text = fc
    .tuple(
      pick('candidate:', 'a=candidate:', 'CANDIDATE:'),
      fc.oneof(pick('1', '-5', 'f'.repeat(40)), odd),
      pick(' ', '  ', '\t'),
      pick('udp', 'UDP', 'tcp'),
      fc.oneof(fc.nat(2 ** 32 - 1).map(String), odd),
      // Nothing that would leave this machine.
      pick('127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', 'x.local', '0.0.0.0', '224.0.0.1'),
      fc.nat(70_000),
      pick('host', 'srflx', 'prflx', 'relay', 'HOST', 'x'),
      fc.oneof(pick('', '\r\n', ' generation 0', ' tcptype active', ' ufrag'), odd)
    )
    .map(
      ([prefix, foundation, gap, transport, priority, address, port, type, rest]) =>
        `${prefix}${foundation}${gap}1 ${transport} ${priority} ${address} ${port} typ ${type}${rest}`
    )
  const candidate = fc.oneof({ arbitrary: text, weight: 5 }, pick('', null), fc.anything())
  const init = fc.record(
    {
      candidate,
      sdpMid: fc.oneof(pick('0', null), fc.anything()),
      sdpMLineIndex: fc.oneof(pick(0, null), fc.anything()),
      usernameFragment: fc.oneof(pick(null), fc.anything())
    },
    { requiredKeys: [] }
  )
  const [events] = await client.connect(['events'])
  const replies = new Set<string>()
  fc.assert(
    fc.property(fc.oneof(init, fc.anything()), (payload) => {
      const { status, response } = session.candidate(payload)
      replies.add(`${status} ${JSON.stringify(response)}`)
    }),
    { numRuns: 2000 }
  )
  t.same([...replies].sort(), ['error {"error":"invalid_candidate"}', 'ok {}'])
  t.match(await events?.call('p', 'f', [1]), { data: [1] })

  // Those that come first of all, too, beside the true ones.
  const { offer } = session
  session.offer = async (payload) => {
    const reply = await offer.call(session, payload)
    for (const odd of fc.sample(init, 100)) session.candidate(odd)
    t.same(session.candidate({ candidate: null, sdpMid: null, sdpMLineIndex: null }), ok)
    return reply
  }
  const [again] = await client.connect(['events'])
  t.match(await again?.call('p', 'f', [2]), { data: [2] })
  end(client)
})
