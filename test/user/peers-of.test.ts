import { once } from 'node:events'
import t from 'tap'
import { defineHooks } from '../../plugins/phoenix.js'
import { until } from '../fixtures/until.js'
import { UserClient } from '../fixtures/user-client.js'
import { calls, startUserServer } from '../fixtures/user-server.js'

const aborted: string[] = []
const slow = defineHooks('slow', {
  async waits({ signal }) {
    await once(signal, 'abort')
    aborted.push((signal.reason as { code: string }).code)
    return 'too late'
  }
})

const { app, base } = await startUserServer(t, { hooks: [calls, slow] })

async function client(t: { teardown(done: () => void): void }, userId: string): Promise<UserClient> {
  const user = new UserClient(base, userId)
  t.teardown(() => user.close())
  await user.join()
  return user
}

const states = ({ events }: UserClient): unknown[] =>
  events.filter(({ event }) => event === 'webrtc:state').map(({ payload }) => payload.state)

t.test('the statistics of a connected peer', async (t) => {
  const alice = await client(t, 'alice')
  t.same(app.phoenix.peersOf('alice'), [])
  const [events] = await alice.openPeer(['events', 'chat'])
  await events?.call('calls', 'echo', [1])
  events?.native.sendMessage('no call')
  await events?.call('calls', 'echo', [2])
  const [peer, ...others] = app.phoenix.peersOf('alice')
  t.same(others, [])
  const stats = peer?.getStats()
  const end = { address: '127.0.0.1', port: Number, type: String, protocol: 'udp' }
  t.match(stats, {
    state: 'connected',
    selectedCandidatePair: { local: end, remote: end },
    messagesIn: 3,
    messagesOut: 2,
    dropped: { malformed: 1, not_sent: 0 }
  })
  t.ok((stats?.bytesReceived ?? 0) > 0)
  t.ok((stats?.bytesSent ?? 0) > 0)
  t.ok(stats?.roundTripTimeMs === null || (stats?.roundTripTimeMs ?? -1) >= 0)
  t.same(new Set(stats?.dataChannels.map(({ label }) => label)), new Set(['events', 'chat']))
  t.match(stats?.dataChannels[0], { protocol: '', bufferedAmount: 0 })
})

t.test('closing from the server: closed once, the channel lives on, and a new offer connects', async (t) => {
  const bob = await client(t, 'bob')
  const [events] = await bob.openPeer()
  const [peer] = app.phoenix.peersOf('bob')
  peer?.close('moved to another room')
  peer?.close()
  t.equal(peer?.getStats(), null)
  t.same(app.phoenix.peersOf('bob'), [])
  await events?.closed
  t.same((await bob.callHook('calls', 'echo', [1])).response, { data: 1 })
  t.same(states(bob).slice(-1), ['closed'])
  t.equal(states(bob).filter((state) => state === 'closed').length, 1)
  const [again] = await bob.openPeer()
  t.match(await again?.call('calls', 'echo', [2]), { data: 2 })
})

t.test('each tab of a user has a peer of its own, as long as it lives', async (t) => {
  const tabs = [await client(t, 'carol'), await client(t, 'carol')]
  for (const tab of tabs) await tab.openPeer()
  t.equal(app.phoenix.peersOf('carol').length, 2)
  const [first, second] = tabs
  first?.close()
  await until(() => app.phoenix.peersOf('carol').length === 1)
  t.same((await second?.callHook('calls', 'echo', [1]))?.response, { data: 1 })
  second?.channel.leave()
  await until(() => app.phoenix.peersOf('carol').length === 0)
})

t.test('a hook in flight is aborted when a newer offer replaces the peer it was called over', async (t) => {
  const dave = await client(t, 'dave')
  const [events] = await dave.openPeer()
  const dropped = app.phoenix.stats.peers.dropped.not_sent
  events?.native.sendMessage('{"type":"call_hook","plugin":"slow","fn":"waits","id":1}')
  await until(() => app.phoenix.peersOf('dave')[0]?.getStats()?.messagesIn === 1)
  const [renewed] = await dave.openPeer()
  t.same(aborted, ['PHX_ERR_HOOKS_CALLER_GONE'])
  t.equal(app.phoenix.stats.peers.dropped.not_sent, dropped + 1)
  t.match(await renewed?.call('calls', 'echo', [1]), { data: 1 })
})
