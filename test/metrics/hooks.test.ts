import Fastify from 'fastify'
import type { Test } from 'tap'
import t from 'tap'
import phoenix, { userChannel } from '../../plugins/phoenix.js'
import { type Scrape, scrape, showMetrics } from '../fixtures/metrics.js'
import { until } from '../fixtures/until.js'
import { UserClient } from '../fixtures/user-client.js'
import { calls } from '../fixtures/user-server.js'

/** A server whose metrics are shown, and one user of it. */
async function start(t: Test): Promise<{ user: UserClient; see: () => Promise<Scrape> }> {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(phoenix, {
    connect: (params) => ({ userId: params.user_id }),
    id: ({ assigns }) => `user_socket:${assigns.userId}`,
    channels: { 'user:*': userChannel({ hooks: [calls] }) },
    limits: { hookTimeoutMs: 50 },
    webrtc: { bindAddress: '127.0.0.1' }
  })
  await showMetrics(app)
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const user = new UserClient(`${url}/socket`, 'alice')
  t.teardown(() => user.close())
  t.equal((await user.join()).status, 'ok')
  return { user, see: () => scrape(url) }
}

/** Series of hook calls that are not 0, without the name of the metric. */
function called(seen: Scrape): Record<string, number> {
  const calls = [...seen].filter(
    ([series, value]) => series.startsWith('phoenix_hook_calls_total') && value > 0
  )
  return Object.fromEntries(
    calls.map(([series, value]) => [series.slice('phoenix_hook_calls_total'.length), value])
  )
}

const series = (fn: string, transport: string, result: string): string =>
  `{plugin="calls",function="${fn}",transport="${transport}",result="${result}"}`

t.test('hook calls by hook, transport and result', async (t) => {
  const { user, see } = await start(t)
  for (const fn of ['echo', 'later', 'throws', 'hangs', 'circular', 'refuses'])
    await user.callHook('calls', fn, [1])
  const [events] = await user.openPeer()
  await events?.call('calls', 'echo', [1])
  await events?.call('calls', 'later', [1])
  const seen = await see()
  t.same(called(seen), {
    [series('echo', 'websocket', 'ok')]: 1,
    [series('later', 'websocket', 'ok')]: 1,
    [series('throws', 'websocket', 'internal_error')]: 1,
    [series('hangs', 'websocket', 'timeout')]: 1,
    [series('circular', 'websocket', 'result_not_json_encodable')]: 1,
    [series('refuses', 'websocket', 'refused')]: 1,
    [series('echo', 'datachannel', 'ok')]: 1,
    [series('later', 'datachannel', 'ok')]: 1
  })
  t.equal(seen.get(`phoenix_hook_calls_total${series('echo', 'websocket', 'internal_error')}`), 0)
  const hung = '{plugin="calls",function="hangs",transport="websocket"'
  t.ok(Number(seen.get(`phoenix_hook_duration_seconds_sum${hung}}`)) >= 0.05)
  t.equal(seen.get(`phoenix_hook_duration_seconds_bucket${hung},le="0.025"}`), 0)
  t.equal(seen.get('phoenix_handler_runs_total{pattern="user:*",result="error"}'), 3)
  t.equal(seen.get('phoenix_messages_received_total{transport="datachannel"}'), 2)
  t.equal(seen.get('phoenix_messages_sent_total{transport="datachannel"}'), 2)
  t.ok(Number(seen.get('phoenix_received_bytes_total{transport="datachannel"}')) > 50)
})

t.test('whatever clients call, only hooks that there are have a name', async (t) => {
  const { user, see } = await start(t)
  for (const name of ['__proto__', 'constructor', 'after_startup', 'a"b\\c\nd', 'x'.repeat(500)]) {
    await user.callHook('calls', name)
    await user.callHook(name, 'echo')
  }
  const names = ['plugin', 'function']
  const seen = called(await see())
  t.same(Object.keys(seen).length, 3, 'a series for each reason')
  for (const label of Object.keys(seen)) for (const name of names) t.match(label, `${name}=""`)
  t.equal(
    Object.values(seen).reduce((sum, count) => sum + count, 0),
    10
  )
})

t.test('peers, what came of offers, and how long it took', async (t) => {
  const { user, see } = await start(t)
  const began = performance.now()
  await user.openPeer()
  const open = await see()
  // The client may find it open before the server does.
  const seconds = (performance.now() - began) / 1000
  t.match(Object.fromEntries(open), {
    'phoenix_peers{state="connected"}': 1,
    'phoenix_peer_openings_total{result="connected"}': 1,
    phoenix_peer_open_duration_seconds_count: 1
  })
  t.ok(Number(open.get('phoenix_peer_open_duration_seconds_sum')) <= seconds)
  await until(async () => Number((await see()).get('phoenix_peer_round_trip_seconds_count')) > 0)

  await user.push('webrtc:offer', { type: 'offer', sdp: 'none' })
  user.closePeers()
  await until(async () => (await see()).get('phoenix_peers{state="connected"}') === 0)
  const closed = await see()
  t.equal(closed.get('phoenix_peer_openings_total{result="failed"}'), 0)
  t.same(
    [...closed].filter(([series]) => series.startsWith('phoenix_peers{')).map(([, value]) => value),
    [0, 0, 0, 0]
  )
})
