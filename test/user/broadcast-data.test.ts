import t from 'tap'
import type { ChannelDefinition } from '../../lib/channel/channel.js'
import { EndpointServer } from '../../lib/endpoint/endpoint-server.js'
import { defaultLimits } from '../../lib/limits/limits.js'
import { v1 } from '../../lib/protocol/serializer/v1.js'
import { userChannel } from '../../lib/user/user-channel.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { type FakeDataChannel, FakePeerFactory, fakeOffer } from '../fixtures/fake-peer.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'
import { ok, settled, TestSocket } from '../fixtures/test-socket.js'

/** One server with rooms and user channels, and peers that only keep what they are sent. */
function world(room: Partial<ChannelDefinition> = {}) {
  const endpoint = new EndpointServer()
  const factory = new FakePeerFactory()
  const clock = new FakeClock()
  const user = userChannel()({
    limits: defaultLimits,
    clock,
    log: new RecordingLogger(),
    onStart: () => {},
    onStop: () => {}
  })
  const channels = { 'user:*': user, 'room:*': { join: () => ok, ...room } }

  /** A socket of a user that joined these topics. */
  function connect(userId: string, ...topics: string[]): TestSocket {
    const client = new TestSocket({ channels, endpoint, clock, factory, assigns: { userId } })
    for (const topic of topics) client.join(topic)
    client.sent()
    return client
  }

  /** A socket whose user channel has a peer with an open DataChannel `state`, in `room:1`. */
  async function play(userId: string): Promise<[client: TestSocket, state: FakeDataChannel]> {
    const client = connect(userId, `user:${userId}`, 'room:1')
    client.receive('1', '2', `user:${userId}`, 'webrtc:offer', { type: 'offer', sdp: fakeOffer() })
    // The offer has a turn of its own, and what it pushes another.
    await settled()
    await settled()
    factory.last.events.onAnswer('answer')
    const state = factory.last.openChannel('state')
    client.sent()
    return [client, state]
  }
  return { endpoint, factory, connect, play }
}

const none = { sent: 0, held: 0, pushed: 0, dropped: 0 }

t.test('all members of a topic get the very same bytes over their own DataChannels', async (t) => {
  const { endpoint, play } = world()
  const players = [await play('alice'), await play('bob'), await play('bob')]
  const bytes = Buffer.from([1, 2, 3])
  t.same(endpoint.broadcastData('room:1', 'state', bytes), { ...none, sent: 3 })
  for (const [client, state] of players) {
    t.equal(state.sent.length, 1)
    t.equal(state.sent[0], bytes)
    t.same(client.sent(), [])
  }
  t.equal(endpoint.stats.peers.messagesOut, 3)
})

t.test('who has not joined the topic, or has left it, gets nothing', async (t) => {
  const { endpoint, play } = world()
  const [alice, state] = await play('alice')
  t.same(endpoint.broadcastData('room:2', 'state', 'x'), none)
  alice.receive('1', '9', 'room:1', 'phx_leave', {})
  t.same(endpoint.broadcastData('room:1', 'state', 'x'), none)
  t.same(state.sent, [])
})

t.test('a user, and a set of users, are reached on all of their sockets', async (t) => {
  const { endpoint, play } = world()
  const [[, alice], [, bob], [, bobsTab], [, carol]] = [
    await play('alice'),
    await play('bob'),
    await play('bob'),
    await play('carol')
  ]
  t.same(endpoint.sendDataToUser('bob', 'state', 'one'), { ...none, sent: 2 })
  const bytes = Buffer.from('two')
  const users = new Set(['alice', 'bob', 'nobody'])
  t.same(endpoint.sendDataToUsers(users, 'state', bytes), { ...none, sent: 3 })
  t.same(
    [alice, bob, bobsTab, carol].map(({ sent }) => sent),
    [[bytes], ['one', bytes], ['one', bytes], []]
  )
  for (const { sent } of [alice, bob, bobsTab]) t.equal(sent.at(-1), bytes)
})

t.test('one user is no set of users', async (t) => {
  const { endpoint } = world()
  t.throws(() => endpoint.sendDataToUsers('alice', 'state', 'x'), { code: 'PHX_ERR_OPTION_INVALID' })
})

t.test('where no DataChannel is open, the user channel gets webrtc:data, or the topic itself', async (t) => {
  const { endpoint, connect } = world()
  const withUser = connect('alice', 'user:alice', 'room:1')
  const without = connect('bob', 'room:1')
  t.same(endpoint.broadcastData('room:1', 'state', 'x'), { ...none, pushed: 2 })
  t.same(withUser.sent(), [['1', null, 'user:alice', 'webrtc:data', { channel: 'state', data: 'x' }]])
  t.same(without.sent(), [[null, null, 'room:1', 'webrtc:data', { channel: 'state', data: 'x' }]])

  endpoint.broadcastData('room:1', 'state', Buffer.from([255]))
  const payload = { channel: 'state', data: '/w==', encoding: 'base64' }
  t.same(withUser.sent(), [['1', null, 'user:alice', 'webrtc:data', payload]])
  t.same(without.sent(), [[null, null, 'room:1', 'webrtc:data', payload]])

  t.same(endpoint.broadcastData('room:1', 'state', 'x', { fallback: 'none' }), { ...none, dropped: 2 })
  t.same([...withUser.sent(), ...without.sent()], [])
  t.match(endpoint.stats.peers, { fallbacks: 4, dropped: { no_channel: 2 } })
})

t.test('bytes reach members whose protocol has none, as text', async (t) => {
  const { endpoint } = world()
  const old = new TestSocket({ channels: { '*': { join: () => ok } }, endpoint, serializer: v1 })
  old.socket.receive(Buffer.from('{"topic":"room:1","event":"phx_join","payload":{},"ref":"1"}'), false)
  old.sent()
  endpoint.broadcastData('room:1', 'state', Buffer.from([255]))
  t.match(old.sent(), [{ event: 'webrtc:data', payload: { data: '/w==', encoding: 'base64' } }])
})

t.test('members with and without a DataChannel are one audience', async (t) => {
  const { endpoint, play, connect } = world()
  const [, state] = await play('alice')
  const [, slow] = await play('bob')
  const late = connect('carol', 'user:carol', 'room:1')
  slow.bufferedAmount = 1
  t.same(endpoint.broadcastData('room:1', 'state', 'x', { dropStale: 'world' }), {
    sent: 1,
    held: 1,
    pushed: 1,
    dropped: 0
  })
  t.same(state.sent, ['x'])
  t.equal(late.sent().length, 1)
})

t.test('the one who caused a message can be left out', async (t) => {
  const { endpoint, play } = world()
  const [alice, aliceState] = await play('alice')
  const [, bobState] = await play('bob')
  t.same(endpoint.broadcastData('room:1', 'state', 'x', { except: alice.socket }), { ...none, sent: 1 })
  t.same([aliceState.sent, bobState.sent], [[], ['x']])
})

t.test('channels send to their own client and to everybody', async (t) => {
  const { play, connect, endpoint } = world({
    handleIn: {
      mine: (_payload, { socket }) => ({ status: 'ok', response: socket.sendData('state', 'mine') }),
      ours: (_payload, channel) => ({
        status: 'ok',
        response: channel.endpoint.broadcastData(channel.topic, 'state', 'ours')
      })
    }
  })
  const [alice, aliceState] = await play('alice')
  const [, bobState] = await play('bob')
  alice.receive('1', '5', 'room:1', 'mine', {})
  alice.receive('1', '6', 'room:1', 'ours', {})
  t.match(alice.sent(), [
    ['1', '5', 'room:1', 'phx_reply', { response: { sent: 1 } }],
    ['1', '6', 'room:1', 'phx_reply', { response: { sent: 2 } }]
  ])
  t.same([aliceState.sent, bobState.sent], [['mine', 'ours'], ['ours']])

  const carol = connect('carol', 'room:1')
  carol.receive('1', '5', 'room:1', 'mine', {})
  t.match(carol.sent(), [['1', '5', 'room:1', 'phx_reply', { response: { dropped: 1, pushed: 0 } }]])
  t.equal(endpoint.stats.peers.dropped.no_channel, 1)
})

t.test('data is no event: nobody intercepts it, or gets it from a topic it subscribed to', async (t) => {
  const seen: unknown[] = []
  const { endpoint, play } = world({
    join(_params, channel) {
      channel.subscribe('room:2')
      return ok
    },
    handleOut: { 'webrtc:data': (payload) => void seen.push(payload) },
    handleInfo: (broadcast) => void seen.push(broadcast)
  })
  const [alice, state] = await play('alice')
  endpoint.broadcastData('room:1', 'state', 'x')
  endpoint.broadcastData('room:2', 'state', 'y')
  t.same(await alice.sentSoon(), [])
  t.same(state.sent, ['x'])
  t.same(seen, [])
})

t.test('a user channel that ends takes its DataChannels along, and the next one takes over', async (t) => {
  const { endpoint, play, factory } = world()
  const [alice, state] = await play('alice')
  alice.join('user:alice', '7')
  alice.sent()
  t.equal(factory.size, 0)
  t.same(endpoint.broadcastData('room:1', 'state', 'x'), { ...none, pushed: 1 })
  t.match(alice.sent(), [['7', null, 'user:alice', 'webrtc:data', { data: 'x' }]])

  alice.receive('7', '8', 'user:alice', 'phx_leave', {})
  alice.sent()
  endpoint.broadcastData('room:1', 'state', 'y')
  t.match(alice.sent(), [[null, null, 'room:1', 'webrtc:data', { data: 'y' }]])
  t.equal(alice.socket.dataSink, undefined)
  t.same(state.sent, [])
})

t.test('webrtc:data that is broadcast as an event is one', async (t) => {
  const { endpoint, play } = world()
  const [alice, state] = await play('alice')
  endpoint.broadcast('user:alice', 'webrtc:data', { channel: 'state', data: 'x' })
  t.match(alice.sent(), [[null, null, 'user:alice', 'webrtc:data', { channel: 'state', data: 'x' }]])
  t.same(state.sent, [])
})

t.test('a peer that ends in the middle of a broadcast keeps nothing from the others', async (t) => {
  const { endpoint, play } = world()
  const [, first] = await play('alice')
  const [, second] = await play('bob')
  first.bufferedAmount = defaultLimits.queuedBytesMax + 1
  const result = endpoint.broadcastData('room:1', 'state', 'x', { droppable: false })
  t.same(result, { ...none, sent: 1, dropped: 1 })
  t.same(second.sent, ['x'])
})
