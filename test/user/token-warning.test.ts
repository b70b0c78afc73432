import t from 'tap'
import { settled } from '../fixtures/test-socket.js'
import { userSocket } from '../fixtures/user-socket.js'

const minute = 60_000

t.test('the warning comes a minute before the end, once', async (t) => {
  const { client, clock } = userSocket({}, 10 * minute)
  client.join('user:alice')
  t.match(await client.sentSoon(), [['1', '1', 'user:alice', 'phx_reply', { status: 'ok' }]])
  clock.advance(9 * minute - 1)
  t.same(client.sent(), [])
  clock.advance(1)
  t.same(client.sent(), [['1', null, 'user:alice', 'token_expiring', { expires_in: 60 }]])
  clock.advance(minute - 1)
  t.same(client.sent(), [])
  t.same(client.transport.closes, [])
  clock.advance(1)
  t.same(client.transport.closes, [1001])
})

t.test('it comes right after the join where the token lives shorter', async (t) => {
  const { client, clock } = userSocket({}, minute / 2)
  client.join('user:alice')
  await settled()
  clock.advance(0)
  t.same(client.sent().slice(1), [['1', null, 'user:alice', 'token_expiring', { expires_in: 30 }]])
})

t.test('a fresh token has a warning of its own', async (t) => {
  const { client, clock } = userSocket(
    { verifyToken: () => ({ userId: 'alice', expiresAt: clock.date() + 10 * minute }) },
    2 * minute
  )
  client.join('user:alice')
  clock.advance(minute)
  t.same((await client.sentSoon()).at(-1), ['1', null, 'user:alice', 'token_expiring', { expires_in: 60 }])
  client.receive('1', '2', 'user:alice', 'access_token', { token: 'fresh' })
  t.match(await client.sentSoon(), [['1', '2', 'user:alice', 'phx_reply', { status: 'ok' }]])
  clock.advance(9 * minute - 1)
  t.same(client.sent(), [])
  t.same(client.transport.closes, [], 'past the end of the first')
  clock.advance(1)
  t.same(client.sent(), [['1', null, 'user:alice', 'token_expiring', { expires_in: 60 }]])
})
