import t from 'tap'
import { mergeLimits } from '../../lib/limits.js'
import { silentLogger } from '../../lib/logger.js'
import { EndpointStats } from '../../lib/stats.js'
import { Turns } from '../../lib/turns.js'
import { IceServers } from '../../lib/webrtc/ice-servers.js'
import { defineHooks, userChannel } from '../../plugins/phoenix.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { deferred, settled, TestSocket } from '../fixtures/test-socket.js'

function setUp(options: Parameters<typeof userChannel>[0]) {
  const clock = new FakeClock()
  const seen: string[] = []
  const life = defineHooks('life', {
    after_user_joined: () => seen.push('joined'),
    after_user_left: () => seen.push('left')
  })
  const definition = userChannel({ hooks: [life], ...options })({
    limits: mergeLimits(),
    clock,
    stats: new EndpointStats(),
    turns: new Turns(),
    log: silentLogger,
    peers: null,
    iceServers: new IceServers([], ''),
    onStart: () => {},
    onStop: () => {}
  })
  const client = new TestSocket({
    channels: { 'user:*': definition },
    clock,
    assigns: { userId: 'alice' },
    expiresAt: clock.date() + 1_000_000
  })
  return { client, clock, seen }
}

t.test('a client that is gone before its join is through leaves nothing behind', async (t) => {
  const { promise, resolve } = deferred()
  const { client, clock, seen } = setUp({
    join: async () => {
      await promise
      return { status: 'ok' }
    }
  })
  client.join('user:alice')
  client.socket.transportClosed(false)
  resolve(undefined)
  await settled()
  t.same(seen, [])
  t.equal(clock.pending, 0)
})

t.test('a token that is verified after its channel has ended changes nothing', async (t) => {
  const { promise, resolve } = deferred()
  const { client, clock } = setUp({
    verifyToken: async () => {
      await promise
      return { userId: 'alice', expiresAt: clock.date() + 9_000_000 }
    }
  })
  client.join('user:alice', '1')
  const before = client.socket.expiresAt
  client.receive('1', '2', 'user:alice', 'access_token', { token: 'x' })
  client.join('user:alice', '3')
  const pending = clock.pending
  resolve(undefined)
  await settled()
  t.equal(client.socket.expiresAt, before)
  t.equal(clock.pending, pending)
})
