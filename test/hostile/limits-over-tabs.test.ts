import t from 'tap'
import { refusal } from '../fixtures/raw-client.js'
import { until } from '../fixtures/until.js'
import { UserClient } from '../fixtures/user-client.js'
import { startUserServer } from '../fixtures/user-server.js'

const { app, base } = await startUserServer(
  t,
  {},
  {
    // Hooks that hang do so for as long as a test may take, and do not hold up the end.
    drain: { shutdownMs: 100 },
    limits: {
      callsInFlight: 2,
      hookTimeoutMs: 3_600_000,
      dataChannelMessages: { count: 50, windowMs: 3_600_000 },
      iceCandidates: { count: 20, windowMs: 3_600_000 },
      offers: { count: 3, windowMs: 3_600_000 }
    }
  }
)

async function tab(
  t: { teardown(done: () => void): void },
  userId: string,
  transport: 'websocket' | 'longpoll' = 'websocket'
): Promise<UserClient> {
  const client = new UserClient(base, userId, {}, { transport })
  t.teardown(() => client.close())
  await client.join()
  return client
}

const call = '{"type":"call_hook","plugin":"calls","fn":"echo","args":[1]}'

t.test('DataChannel messages count over all peers of a user, and over those that are gone', async (t) => {
  const [first, second, bystander] = [await tab(t, 'alice'), await tab(t, 'alice'), await tab(t, 'bob')]
  const [one] = await first.openPeer()
  const [two] = await second.openPeer()
  const [calm] = await bystander.openPeer()
  for (let i = 0; i < 25; i++) {
    t.match(await one?.call('calls', 'echo', [i]), { data: i })
    t.match(await two?.call('calls', 'echo', [i]), { data: i })
  }
  two?.native.sendMessage(call)
  await two?.closed
  // A reply comes after what was pushed before it.
  await second.callHook('calls', 'echo', [1])
  t.same(
    second.events.slice(-3).map(({ payload }) => payload),
    [{ state: 'rate_limited' }, { channel: 'events' }, { state: 'closed' }]
  )
  const [again] = await second.openPeer()
  again?.native.sendMessage(call)
  await again?.closed
  t.match(await calm?.call('calls', 'echo', [2]), { data: 2 }, 'of nobody else')
})

t.test('offers count over all sockets of a user, and one too many hurts nothing that is there', async (t) => {
  const [first, second] = [await tab(t, 'carol'), await tab(t, 'carol')]
  const [one] = await first.openPeer()
  await second.openPeer()
  const refused = { status: 'error', response: { error: 'rate_limited' } }
  t.same((await first.push('webrtc:offer', { sdp: 'garbage', type: 'offer' })).response, {
    error: 'invalid_sdp'
  })
  t.same(await second.push('webrtc:offer', { sdp: 'garbage', type: 'offer' }), refused)
  t.same(await first.push('webrtc:offer', {}), refused)
  t.match(await one?.call('calls', 'echo', [1]), { data: 1 })
  t.equal(app.phoenix.peersOf('carol').length, 2)
})

t.test('candidates count over all sockets of a user, and a new offer or socket resets nothing', async (t) => {
  const [first, second] = [await tab(t, 'dave'), await tab(t, 'dave')]
  const [one] = await first.openPeer()
  await second.openPeer()
  const candidate = { candidate: 'candidate:1 1 UDP 1 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 }
  const replies: unknown[] = []
  for (const client of Array.from({ length: 10 }, () => [first, second]).flat()) {
    replies.push((await client.push('webrtc:ice', candidate)).response.error)
  }
  t.equal(replies[0], undefined)
  t.same(replies.slice(-2), ['ice_rate_limited', 'ice_rate_limited'])
  t.match(await one?.call('calls', 'echo', [1]), { data: 1 })

  second.close()
  const third = await tab(t, 'dave')
  const [again] = await third.openPeer()
  t.match(await again?.call('calls', 'echo', [1]), { data: 1 }, 'the client is found without them')
  t.equal((await third.push('webrtc:ice', candidate)).response.error, 'ice_rate_limited')
})

t.test(
  'calls in flight count over all DataChannels and sockets, and a new offer resets nothing',
  async (t) => {
    const [first, second] = [await tab(t, 'erin'), await tab(t, 'erin')]
    const [one] = await first.openPeer()
    for (let i = 0; i < 2; i++)
      one?.native.sendMessage('{"type":"call_hook","plugin":"calls","fn":"hangs","id":1}')
    // Messages of one DataChannel are handled in order, so the calls before are running by then.
    t.match(await one?.call('calls', 'echo', [1]), { type: 'hook_error', error: 'overloaded' })
    t.same((await second.callHook('calls', 'echo', [1])).response, { error: 'overloaded' })
    const [again] = await first.openPeer()
    t.match(await again?.call('calls', 'echo', [1]), { type: 'hook_error', error: 'overloaded' })
    first.close()
    const [elsewhere] = await second.openPeer()
    t.match(await elsewhere?.call('calls', 'echo', [1]), { type: 'hook_error', error: 'overloaded' })
  }
)

t.test('a message too large is dropped and counted, and the calls after it are answered', async (t) => {
  const client = await tab(t, 'frank')
  const [events] = await client.openPeer(['events', 'a', 'b', 'c'])
  events?.native.sendMessage('x'.repeat(64 * 1024 + 1))
  t.match(await events?.call('calls', 'echo', [1]), { data: 1 })
  const stats = app.phoenix.peersOf('frank')[0]?.getStats()
  t.match(stats, { messagesIn: 2, dropped: { too_large: 1 } })
  t.equal(stats?.dataChannels.length, 4)
})

t.test('a fifth DataChannel of a peer is closed', async (t) => {
  const client = await tab(t, 'grace')
  const channels = await client.openPeer(['events', 'a', 'b', 'c', 'd'])
  await Promise.race(channels.map(({ closed }) => closed))
  const stats = () => app.phoenix.peersOf('grace')[0]?.getStats()
  await until(() => stats()?.dataChannels.length === 4)
  t.match(stats(), { state: 'connected', dropped: { channel_refused: 1 } })
})

t.test('sockets of a user count over all transports, and their peers go on', async (t) => {
  const transports = ['websocket', 'longpoll', 'websocket', 'longpoll'] as const
  const tabs: UserClient[] = []
  for (const transport of [...transports, ...transports]) tabs.push(await tab(t, 'heidi', transport))
  const [first, second] = tabs as [UserClient, UserClient]
  const [events] = await second.openPeer()

  const connect = () => refusal(base.replace('http', 'ws'), 'user_id=heidi')
  t.equal(await connect(), 403)
  const poll = await fetch(`${base}/longpoll?vsn=2.0.0&user_id=heidi`)
  t.same(await poll.json(), { status: 403 })
  t.match(await events?.call('calls', 'echo', [1]), { data: 1 })
  t.same((await (await tab(t, 'ivan')).callHook('calls', 'echo', [1])).response, { data: 1 })

  first.close()
  while ((await connect()) === 403);
  t.pass('the place of a socket that closed is free')
})
