import { PeerConnection } from 'node-datachannel'
import t, { type Test } from 'tap'
import { ClientChannel } from '../fixtures/client-channel.js'
import { until } from '../fixtures/until.js'
import { UserClient } from '../fixtures/user-client.js'
import { calls, startUserServer } from '../fixtures/user-server.js'

const received: unknown[] = []
const { app, base } = await startUserServer(t, {
  hooks: [calls],
  onData: (label, data) => void received.push([label, data])
})

const ok = { status: 'ok', response: {} }
const error = (reason: string) => ({ status: 'error', response: { error: reason } })
const host = 'candidate:1 1 UDP 2122317823 127.0.0.1 9 typ host'

async function client(t: Test, userId: string, transport: 'websocket' | 'longpoll' = 'websocket') {
  const user = new UserClient(base, userId, {}, { transport })
  t.teardown(() => user.close())
  await user.join()
  return user
}

/** What the channel was pushed of that event, in order, leaving out the first so many events. */
const payloads = ({ events }: UserClient, name: string, from = 0) =>
  events
    .slice(from)
    .filter(({ event }) => event === name)
    .map(({ payload }) => payload)

t.test('what is no offer is invalid_sdp, and is no peer', async (t) => {
  const alice = await client(t, 'alice')
  const sdp = 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n'
  for (const payload of [
    {},
    { type: 'offer' },
    { sdp: 5, type: 'offer' },
    { sdp: null, type: 'offer' },
    { sdp: '', type: 'offer' },
    { sdp: 'garbage', type: 'offer' },
    { sdp, type: 'offer' },
    { sdp, type: 'answer' },
    { sdp },
    { sdp, type: ['offer'] }
  ]) {
    t.same(await alice.push('webrtc:offer', payload), error('invalid_sdp'), JSON.stringify(payload))
  }
  t.same(await alice.push('webrtc:ice', { candidate: host, sdpMid: '0' }), error('no_webrtc_session'))
  t.same(app.phoenix.peersOf('alice'), [])
})

t.test('candidates are taken, left out or refused, from the offer to the end of the peer', async (t) => {
  const bob = await client(t, 'bob')
  const candidate = (payload: object) => bob.push('webrtc:ice', payload)
  const good = { candidate: host, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null }
  t.same(await candidate(good), error('no_webrtc_session'))
  await bob.openPeer()
  t.same(await candidate(good), ok)
  t.same(await candidate({ candidate: '', sdpMid: '0', sdpMLineIndex: 0 }), ok, 'the end of candidates')
  t.same(await candidate({ ...good, candidate: host.replace('127.0.0.1', 'abc.local') }), ok, 'mDNS')
  t.same(await candidate({ ...good, candidate: host.replace('UDP', 'TCP') }), ok, 'a protocol it has not')
  for (const wrong of [{}, { candidate: 5 }, { candidate: 'x' }, { ...good, sdpMLineIndex: '0' }]) {
    t.same(await candidate(wrong), error('invalid_candidate'), JSON.stringify(wrong))
  }
  t.same(await bob.push('webrtc:close'), ok)
  t.same(await candidate(good), error('no_webrtc_session'))
  t.same(await bob.push('webrtc:close'), ok, 'without a peer')
})

t.test('what the server says of itself can be made an RTCIceCandidate', async (t) => {
  const carol = await client(t, 'carol')
  await carol.openPeer()
  t.match(payloads(carol, 'webrtc:answer'), [{ type: 'answer', sdp: /^v=0\r\n/ }])
  await until(() => payloads(carol, 'webrtc:ice').length > 0)
  for (const payload of payloads(carol, 'webrtc:ice')) {
    t.match(payload, { candidate: /^candidate:\S+ 1 UDP \d+ 127\.0\.0\.1 \d+ typ host/, sdpMid: '0' })
    t.equal(payload.sdpMLineIndex, 0)
  }
})

t.test('a DataChannel that the client closes is told of, and the peer lives on', async (t) => {
  const dave = await client(t, 'dave')
  const [events, state] = await dave.openPeer(['events', 'state'])
  await until(() => payloads(dave, 'webrtc:channel_open').length === 2)
  t.same(
    new Set(payloads(dave, 'webrtc:channel_open').map(({ channel }) => channel)),
    new Set(['events', 'state'])
  )
  state?.native.close()
  await until(() => payloads(dave, 'webrtc:channel_closed').length === 1)
  t.same(payloads(dave, 'webrtc:channel_closed'), [{ channel: 'state' }])
  t.match(await events?.call('calls', 'echo', [1]), { data: 1 })
})

t.test('a candidate that comes while its offer is worked on is not lost', async (t) => {
  const erin = await client(t, 'erin')
  const { peer, channel, sdp, candidates } = offering(t, erin)
  await until(() => candidates.length > 0)
  const offer = (await sdp).replace(/^a=candidate:.*\r\n/gm, '')
  // In one go, so that the candidates are there before anything became of the offer.
  const replies = [
    erin.push('webrtc:offer', { sdp: offer, type: 'offer' }),
    ...candidates.map((candidate) => erin.push('webrtc:ice', { candidate, sdpMid: '0', sdpMLineIndex: 0 }))
  ]
  for (const reply of await Promise.all(replies)) t.same(reply, ok)
  // The client learns no address of the server, which has to begin.
  await until(() => payloads(erin, 'webrtc:answer').length > 0)
  const [answer] = payloads(erin, 'webrtc:answer')
  peer.setRemoteDescription(String(answer?.sdp).replace(/^a=candidate:.*\r\n/gm, ''), 'answer')
  await channel.opened
  t.match(await channel.call('calls', 'echo', [1]), { data: 1 })
})

t.test(
  'of offers in quick succession the last one connects, and the others say nothing any more',
  async (t) => {
    const frank = await client(t, 'frank')
    const clients = Array.from({ length: 4 }, () => offering(t, frank))
    const offers = await Promise.all(clients.map(({ sdp }) => sdp))
    let before = 0
    await Promise.all(
      offers.map(
        (sdp) =>
          new Promise<void>((resolve) => {
            frank.channel.push('webrtc:offer', { sdp, type: 'offer' }).receive('ok', () => {
              before = frank.events.length
              resolve()
            })
          })
      )
    )
    const { peer, channel } = clients.at(-1) as ReturnType<typeof offering>
    const pushed = (name: string) => payloads(frank, name, before)
    await until(() => pushed('webrtc:answer').length > 0 && pushed('webrtc:ice').length > 0)
    t.equal(frank.events[before]?.event, 'webrtc:answer')
    peer.setRemoteDescription(String(pushed('webrtc:answer')[0]?.sdp), 'answer')
    for (const { candidate } of pushed('webrtc:ice')) peer.addRemoteCandidate(String(candidate), '0')
    await channel.opened
    t.match(await channel.call('calls', 'echo', [1]), { data: 1 })
    t.equal(pushed('webrtc:answer').length, 1)
    t.notOk(pushed('webrtc:state').some(({ state }) => state === 'closed'))
    t.equal(app.phoenix.peersOf('frank').length, 1)
  }
)

t.test('webrtc:send is data of that label, over long-polling, too', async (t) => {
  const grace = await client(t, 'grace', 'longpoll')
  t.same(await grace.push('webrtc:send', { channel: 'state', data: 'up' }), ok)
  t.same(received.splice(0), [['state', 'up']])
  for (const payload of [
    {},
    { channel: 'state' },
    { channel: 'state', data: 5 },
    { channel: 5, data: 'x' }
  ]) {
    t.equal((await grace.push('webrtc:send', payload)).status, 'error', JSON.stringify(payload))
  }
  t.same(received, [])
})

t.test('a peer is signalled over long-polling, too', async (t) => {
  const heidi = await client(t, 'heidi', 'longpoll')
  const [events] = await heidi.openPeer()
  t.match(await events?.call('calls', 'whoami'), { data: { userId: 'heidi', transport: 'datachannel' } })
  await until(() => payloads(heidi, 'webrtc:channel_open').length > 0)
  heidi.channel.leave()
  await events?.closed
  t.same(app.phoenix.peersOf('heidi'), [])
})

/** A peer of the client whose signalling is left to the test. */
function offering(t: Test, { peer: config }: UserClient) {
  const peer = new PeerConnection('client', config)
  t.teardown(() => {
    channel.abandon()
    peer.close()
  })
  peer.onStateChange(() => {})
  const sdp = new Promise<string>((resolve) => peer.onLocalDescription((text) => resolve(text)))
  const candidates: string[] = []
  peer.onLocalCandidate((candidate) => candidates.push(candidate.replace(/^a=/, '')))
  const channel = new ClientChannel(peer.createDataChannel('events'))
  return { peer, channel, sdp, candidates }
}
