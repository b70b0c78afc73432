import t from 'tap'
import { deferred, settled } from '../fixtures/test-socket.js'
import { userSocket } from '../fixtures/user-socket.js'

t.test('a client that is gone before its join is through leaves nothing behind', async (t) => {
  const { promise, resolve } = deferred()
  const { client, clock, seen } = userSocket({
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
  const { client, clock } = userSocket({
    verifyToken: async () => {
      await promise
      return { userId: 'alice', expiresAt: clock.date() + 9_000_000 }
    }
  })
  client.join('user:alice', '1')
  const before = client.socket.expiresAt
  client.receive('1', '2', 'user:alice', 'access_token', { token: 'x' })
  client.join('user:alice', '3')
  await settled()
  const pending = clock.pending
  resolve(undefined)
  await settled()
  t.equal(client.socket.expiresAt, before)
  t.equal(clock.pending, pending)
})
