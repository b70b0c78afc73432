import t, { type Test } from 'tap'
import { fakeCandidate, fakeOffer } from '../fixtures/fake-peer.js'
import { createLoopbackFactory, NativeClient, resources } from '../fixtures/native-client.js'
import { error, join, ok } from '../fixtures/peer-session.js'
import { until } from '../fixtures/until.js'

const factory = await createLoopbackFactory()
t.teardown(() => factory.close())

/** A client that is to be served whatever the others do. */
async function bystander(t: Test) {
  const client = new NativeClient({ factory })
  const [events] = await client.connect(['events'])
  t.teardown(() => {
    client.session.end()
    client.disconnect()
  })
  return async () => {
    const reply = (await events?.call('p', 'f', ['still there'])) as { data: unknown[] }
    return reply.data[0] === 'still there'
  }
}

t.test('garbage SDP is refused, whatever it looks like', async (t) => {
  const isServed = await bystander(t)
  const good = fakeOffer()
  const { session } = join({ factory })
  const lines = good.split('\r\n')
  const garbage = [
    'v=0',
    'v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    good.replace('5000', 'x'),
    good.replace('a=mid:0', 'a=extmap:x'),
    good.replace('a=sctp-port:5000', 'a=max-message-size:x'),
    good.replace('sha-256', 'sha-999'),
    good.replace('sha-256', 'sha-1'),
    ...lines.map((_, index) => lines.slice(0, index).join('\r\n'))
  ]
  const replies = await Promise.all(garbage.map((sdp) => session.offer({ type: 'offer', sdp })))
  // Cut in the middle, some lines are still enough for an offer; none is anything else than refused or taken.
  const refused = replies.filter(({ status }) => status === 'error')
  for (const reply of refused) t.same(reply, error('invalid_sdp'))
  t.ok(refused.length > garbage.length - 5)
  session.end()
  t.equal(factory.size, 1)
  t.ok(await isServed())
})

t.test('odd numbers in an offer that parses hurt nobody', async (t) => {
  const isServed = await bystander(t)
  for (const sdp of [
    fakeOffer().replace('5000', '0'),
    fakeOffer().replace('5000', '99999999'),
    fakeOffer().replace('a=sctp-port:5000', 'a=max-message-size:0'),
    fakeOffer().replace('a=sctp-port:5000', 'a=max-message-size:-1'),
    fakeOffer().replace('actpass', 'holdconn'),
    fakeOffer().replace('actpass', 'passive'),
    fakeOffer().replace('actpass', 'active'),
    fakeOffer().replace('m=app', `${'m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n'.repeat(15)}m=app`)
  ]) {
    const { session, pushed } = join({ factory })
    const { status } = await session.offer({ type: 'offer', sdp })
    if (status === 'ok') await until(() => pushed.length > 0)
    session.end()
  }
  t.ok(await isServed())
})

t.test('host-name candidates cost no threads', async (t) => {
  const isServed = await bystander(t)
  const names = Array.from({ length: 500 }, (_, index) => fakeCandidate(40_000, `host-${index}.invalid`))
  const { session } = join({ factory, limits: { iceCandidates: { count: 0, windowMs: 0 } } })
  const before = resources().threads
  t.same(await session.offer({ type: 'offer', sdp: fakeOffer(names) }), ok)
  for (const candidate of names) t.same(session.candidate({ candidate, sdpMid: '0' }), ok)
  t.ok(await isServed())
  t.equal(resources().threads, before)
  t.equal(session.stats.dropped.candidate_ignored, 1000)
  session.end()
})

t.test('a client is found although its candidates are host names alone', async (t) => {
  const client = new NativeClient({ factory })
  const { candidate } = client.session
  client.session.candidate = (payload) => {
    const text = (payload as { candidate: string }).candidate
    return candidate.call(client.session, { sdpMid: '0', candidate: text.replace('127.0.0.1', 'abc.local') })
  }
  const [events] = await client.connect(['events'])
  t.match(await events?.call('p', 'f', [1]), { data: [1] })
  t.ok(client.session.stats.dropped.candidate_ignored > 0)
  client.session.end()
  client.disconnect()
})

t.test('a flooded channel that nobody listens to stalls no other peer', async (t) => {
  const isServed = await bystander(t)
  const client = new NativeClient({ factory, limits: { dataChannelMessages: { count: 0, windowMs: 0 } } })
  const channels = await client.connect(['a', 'b', 'c'])
  const count = 5000
  for (let i = 0; i < count; i++) for (const { native } of channels) native.sendMessage('flood')
  t.ok(await isServed())
  await until(() => client.session.stats.messagesIn === count * channels.length)
  t.equal(client.session.stats.dropped.unhandled, count * channels.length)
  client.session.end()
  client.disconnect()
})

t.test('a flood over the rate ends its peer alone', async (t) => {
  const isServed = await bystander(t)
  const client = new NativeClient({ factory })
  const [chat] = await client.connect(['chat'])
  for (let i = 0; i < 2000 && chat?.native.isOpen(); i++) chat.native.sendMessage('flood')
  await client.pushes(({ payload }) => payload.state === 'closed')
  t.same(
    client.pushed.slice(-3).map(({ payload }) => payload),
    [{ state: 'rate_limited' }, { channel: 'chat' }, { state: 'closed' }]
  )
  t.equal(client.session.stats.messagesIn, 601)
  await chat?.closed
  t.ok(await isServed())
  client.session.end()
  client.disconnect()
})

t.test('DataChannels that end before the server gets to them take no place of later ones', async (t) => {
  const client = new NativeClient({ factory, limits: { dataChannelsPerPeer: 2 } })
  t.teardown(() => {
    client.session.end()
    client.disconnect()
  })
  const [events] = await client.connect(['events'])
  for (let i = 0; i < 10; i++) {
    client.openBriefly()
    await events?.call('p', 'f', [i])
  }
  let isTold = false
  const told = client
    .pushes(({ event, payload }) => event === 'webrtc:channel_open' && payload.channel === 'last')
    .then(() => {
      isTold = true
    })
  // The server may close a few, for the sake of those whose end is still on its way.
  while (!isTold) await Promise.race([told, client.createChannel('last').closed])
  t.ok(isTold)
})

t.test('an error in whatever a native callback reaches is logged, not fatal', async (t) => {
  const logged: string[] = []
  const log = {
    trace: () => {},
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (_details: object, message: string) => {
      logged.push(message)
      throw new Error('a logger that fails')
    }
  }
  const factory = await createLoopbackFactory({}, log)
  const client = new NativeClient({
    factory,
    call: () => {
      throw new Error('a bug in the hooks')
    }
  })
  const [events] = await client.connect(['events'])
  events?.native.sendMessage('{"type":"call_hook","plugin":"p","fn":"f"}')
  await until(() => logged.length > 0)
  t.same([...new Set(logged)], ['a WebRTC callback failed'])
  client.session.end()
  client.disconnect()
})
