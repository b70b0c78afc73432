import t from 'tap'
import { authenticate } from '../../lib/auth/authenticate.js'
import { reply, settled } from '../fixtures/test-socket.js'
import { userSocket } from '../fixtures/user-socket.js'

const unauthorized = reply('1', '2', 'user:alice', { error: 'unauthorized' }, 'error')
const accepted = reply('1', '2', 'user:alice')
const lifeMs = 100_000

/** What a fresh token is answered with, where `verifyToken` answers so; the socket's token ends in 100 s. */
async function handIn(verifyToken: unknown) {
  const { client, clock } = userSocket({ verifyToken: verifyToken as () => null }, lifeMs)
  client.join('user:alice')
  client.sent()
  client.receive('1', '2', 'user:alice', 'access_token', { token: 'fresh' })
  await settled()
  return { client, clock, sent: await client.sentSoon() }
}

const later = Date.UTC(2040, 0, 1)

const refused: [what: string, verifyToken: () => unknown][] = [
  ['nothing', () => undefined],
  ['false', () => false],
  ['true', () => true],
  ['text', () => 'alice'],
  ['a list', () => ['alice']],
  ['another user', () => ({ userId: 'bob' })],
  ['no user', () => ({ expiresAt: later })],
  ['a rejection', () => Promise.reject(new Error('no keys'))],
  ['a token that is over', () => ({ userId: 'alice', expiresAt: Date.UTC(2029, 0, 1) })],
  ['an end in seconds', () => ({ userId: 'alice', expiresAt: later / 1000 })],
  ['an end that is NaN', () => ({ userId: 'alice', expiresAt: Number.NaN })],
  ['an end that is a BigInt', () => ({ userId: 'alice', expiresAt: BigInt(later) })],
  ['an end that is a Date', () => ({ userId: 'alice', expiresAt: new Date(later) })],
  ['an end that is text', () => ({ userId: 'alice', expiresAt: String(later) })]
]

for (const [what, verifyToken] of refused) {
  t.test(`a verifyToken that answers ${what} refuses, and nothing changes`, async (t) => {
    const { client, clock, sent } = await handIn(verifyToken)
    t.same(sent, [unauthorized])
    t.equal(client.socket.expiresAt, clock.date() + lifeMs)
    clock.advance(lifeMs)
    t.same(client.transport.closes, [1001])
  })
}

for (const expiresAt of [undefined, null, Number.POSITIVE_INFINITY]) {
  t.test(`a fresh token whose end is ${expiresAt} has none`, async (t) => {
    const { client, clock, sent } = await handIn(() => ({ userId: 'alice', expiresAt }))
    t.same(sent, [accepted])
    clock.advance(1_000_000_000)
    t.same(client.transport.closes, [])
  })
}

t.test(
  'a verifyToken that hangs refuses after the time of a hook, and holds up the leave no longer',
  async (t) => {
    const { client, clock, sent } = await handIn(() => new Promise(() => {}))
    t.same(sent, [])
    client.receive('1', '3', 'user:alice', 'phx_leave', {})
    clock.advance(10_000)
    await settled()
    t.same((await client.sentSoon()).slice(0, 2), [unauthorized, reply('1', '3', 'user:alice')])
  }
)

t.test('a user whom the application bans is refused with a fresh token', async (t) => {
  for (const banned of [
    () => null,
    () => false,
    async () => undefined,
    () => {
      throw new Error('banned')
    }
  ]) {
    const { verifyToken } = authenticate({
      verify: () => ({ userId: 'alice', expiresAt: later }),
      assigns: banned as () => null
    })
    t.same((await handIn(verifyToken)).sent, [unauthorized])
  }
})

t.test('a join of the application that returns nothing lets in, at once or later', async (t) => {
  for (const join of [() => undefined, async () => undefined, async () => null]) {
    const { client } = userSocket({ join: join as unknown as () => { status: 'ok' } })
    client.join('user:alice')
    t.same((await client.sentSoon())[0], reply('1', '1', 'user:alice'))
  }
})

t.test('a userId that names nobody refuses the join', async (t) => {
  for (const userId of [
    () => '',
    () => Number.NaN,
    () => ({}),
    async () => 'alice',
    () => Promise.reject(new Error('x'))
  ]) {
    const { client } = userSocket({ userId })
    for (const topic of [
      'user:alice',
      'user:',
      'user:NaN',
      'user:[object Object]',
      'user:[object Promise]'
    ]) {
      client.join(topic)
      t.same(await client.sentSoon(), [reply('1', '1', topic, { reason: 'unauthorized' }, 'error')])
    }
  }
})
