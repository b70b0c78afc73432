import t from 'tap'
import { next, rejoined } from '../fixtures/phoenix-client.js'
import { UserClient } from '../fixtures/user-client.js'
import { startUserServer, type UserServer } from '../fixtures/user-server.js'

const minute = 60_000

/** A server whose tokens say when they end: `<user>@<milliseconds from when they are looked at>`. */
function startTokenServer(t: Parameters<typeof startUserServer>[0]): Promise<UserServer> {
  const read = (token: string) => {
    const [userId = '', end = ''] = token.split('@')
    if (end === 'boom') throw new Error('the verifier is broken')
    return userId === '' ? null : { userId, expiresAt: Date.now() + Number(end) }
  }
  return startUserServer(
    t,
    { verifyToken: (token) => read(token) },
    {
      expiresAt: ({ assigns }) => assigns.expiresAt as number | undefined,
      connect: ({ token }) => read(String(token))
    }
  )
}

t.test('a client is warned before its token ends, once', async (t) => {
  const { base } = await startTokenServer(t)
  const alice = new UserClient(base, 'alice', { token: `alice@${minute / 2}` })
  t.teardown(() => alice.close())
  const warning = next(alice.channel, 'token_expiring')
  await alice.join()
  const { expires_in: seconds } = await warning
  t.ok(seconds > 0 && seconds <= 30, `in ${seconds} seconds`)
  t.same((await alice.callHook('calls', 'echo', [1])).response, { data: 1 })
  t.equal(alice.events.filter(({ event }) => event === 'token_expiring').length, 1)
})

t.test('a socket whose token ends is closed with 1001', async (t) => {
  const { base } = await startTokenServer(t)
  const alice = new UserClient(base, 'alice', { token: `alice@300` })
  t.teardown(() => alice.close())
  const closed = new Promise<{ code: number }>((resolve) => alice.socket.onClose(resolve as () => void))
  await alice.join()
  t.equal((await closed).code, 1001)
})

t.test('a token that ends takes the peer along, and phoenix.js comes back with a fresh one', async (t) => {
  const { base } = await startTokenServer(t)
  const tokens = [`alice@${minute}`, `alice@${10 * minute}`]
  const alice = new UserClient(base, 'alice', () => ({ token: tokens.shift() }))
  t.teardown(() => alice.close())
  await alice.join()
  const [events] = await alice.openPeer()
  const again = rejoined(alice.channel)
  // The token that is handed in has almost ended; the connection that follows asks for another.
  t.equal((await alice.push('access_token', { token: 'alice@1' })).status, 'ok')
  await events?.closed
  await again
  t.same(tokens, [])
  const [another] = await alice.openPeer()
  t.match(await another?.call('calls', 'echo', [1]), { data: 1 })
})

t.test('a fresh token keeps the socket open', async (t) => {
  const { base } = await startTokenServer(t)
  const alice = new UserClient(base, 'alice', { token: `alice@2000` })
  const short = new UserClient(base, 'bob', { token: `bob@2500` })
  t.teardown(() => {
    alice.close()
    short.close()
  })
  const later = new Promise((resolve) => short.socket.onClose(resolve as () => void))
  await alice.join()
  let closed = false
  alice.socket.onClose(() => {
    closed = true
  })
  t.same(await alice.push('access_token', { token: `alice@${10 * minute}` }), {
    status: 'ok',
    response: {}
  })
  // Bob's token ends after the first one of alice would have.
  await later
  t.notOk(closed)
  t.same((await alice.callHook('calls', 'echo', [1])).response, { data: 1 })
})

t.test('a token that is not good changes nothing', async (t) => {
  const { base } = await startTokenServer(t)
  const alice = new UserClient(base, 'alice', { token: `alice@${10 * minute}` })
  t.teardown(() => alice.close())
  await alice.join()
  for (const token of [`bob@${minute}`, '', 5, null, undefined, {}, 'alice@boom']) {
    t.same(await alice.push('access_token', { token }), {
      status: 'error',
      response: { error: 'unauthorized' }
    })
  }
  t.same((await alice.callHook('calls', 'echo', [1])).response, { data: 1 })
})
