import t from 'tap'
import { type AuthenticateOptions, authenticate } from '../../lib/auth/authenticate.js'
import type { VerifiedToken } from '../../lib/auth/verified-token.js'

interface Badge extends VerifiedToken {
  role: string
}

/** Tokens are `<user>:<role>`. */
const verify = (token: string): Badge | null => {
  const [userId = '', role] = token.split(':')
  return role === undefined ? null : { userId, role, expiresAt: 5000 }
}

t.test('the token comes from authToken, or from the parameter where there is none', async (t) => {
  const { connect } = authenticate({ verify })
  const alice = { userId: 'alice', role: 'admin', expiresAt: 5000 }
  t.same(await connect({ token: 'alice:admin' }, {}), alice)
  t.same(await connect({ token: 'alice:admin' }, { authToken: null }), alice)
  t.same(await connect({ token: 'bob:admin' }, { authToken: 'alice:admin' }), alice)
  t.equal(await connect({ token: 'alice:admin' }, { authToken: 'bad' }), null, 'a bad one is not passed over')
})

t.test('the parameter may have another name', async (t) => {
  const { connect } = authenticate({ verify, param: 'user_token' })
  t.match(await connect({ user_token: 'alice:admin' }, {}), { userId: 'alice' })
  t.equal(await connect({ token: 'alice:admin' }, {}), null)
})

t.test('what is no text is no token, and is not verified', async (t) => {
  const seen: unknown[] = []
  const { connect, verifyToken } = authenticate({
    verify(token) {
      seen.push(token)
      return null
    }
  })
  for (const token of ['', [], ['alice:admin'], {}]) t.equal(await connect({ token }, {}), null)
  t.equal(await connect({}, {}), null)
  t.equal(await verifyToken(5 as unknown as string), null)
  t.same(seen, [])
})

t.test('a user id that cannot be one refuses, and a number is written out', async (t) => {
  const idOf = async (userId: unknown) => {
    const { connect } = authenticate({ verify: () => ({ userId }) as VerifiedToken })
    return (await connect({ token: 'x' }, {}))?.userId
  }
  t.equal(await idOf(7), '7')
  t.equal(await idOf('x'.repeat(250)), 'x'.repeat(250))
  for (const userId of ['', null, undefined, {}, 1.5, Number.NaN, 'x'.repeat(251)])
    t.equal(await idOf(userId), undefined)
})

t.test('the application makes the assigns of a good token, and may refuse it', async (t) => {
  const { connect } = authenticate({
    verify,
    assigns: async ({ role }, params) =>
      params.banned ? null : { role, isAdmin: role === 'admin', userId: 'x' }
  })
  const token = 'alice:admin'
  t.same(await connect({ token }, {}), { userId: 'alice', role: 'admin', isAdmin: true, expiresAt: 5000 })
  t.equal(await connect({ token, banned: '1' }, {}), null)
  t.equal(await connect({ token: 'alice' }, {}), null, 'never asked about a bad token')
})

t.test('the socket is named by its user, and ends with its token', async (t) => {
  const { id, expiresAt, authToken } = authenticate({ verify })
  const assigns = { userId: 'alice', expiresAt: 5000 }
  t.equal(id({ assigns }), 'user_socket:alice')
  t.equal(expiresAt({ assigns }), 5000)
  t.equal(expiresAt({ assigns: { userId: 'alice' } }), undefined)
  t.equal(authToken, true)
})

t.test('a fresh token tells its user and its end, and nothing else', async (t) => {
  const { verifyToken } = authenticate({ verify })
  t.same(await verifyToken('alice:admin'), { userId: 'alice', expiresAt: 5000 })
  t.equal(await verifyToken('alice'), null)
})

t.test('what verify throws is not taken for a refusal', async (t) => {
  const { connect } = authenticate({
    verify() {
      throw new Error('no keys')
    }
  })
  await t.rejects(connect({ token: 'x' }, {}), /no keys/)
})

t.test('options that are wrong are refused', async (t) => {
  for (const options of [
    null,
    {},
    { verify: 5 },
    { verify, assigns: {} },
    { verify, param: '' },
    { verify, parm: 'x' }
  ]) {
    t.throws(() => authenticate(options as unknown as AuthenticateOptions), { code: 'PHX_ERR_AUTH_OPTION' })
  }
})

t.test('a fresh token is asked about like the first one, with what the socket connected with', async (t) => {
  const seen: unknown[] = []
  let banned = false
  const { connect, verifyToken } = authenticate({
    verify,
    assigns: async ({ userId }, params, info) => {
      seen.push([userId, params, info])
      return banned ? null : {}
    }
  })
  const connected = [{ token: 'alice:a', device: '1' }, { userAgent: 'x' }] as const
  const assigns = (await connect(...connected)) as object
  const channel = { socket: { assigns } }
  t.same(await verifyToken('alice:b', channel), { userId: 'alice', expiresAt: 5000 })
  t.same(await verifyToken('alice:b'), { userId: 'alice', expiresAt: 5000 })
  banned = true
  t.equal(await verifyToken('alice:b', channel), null)
  t.equal(await verifyToken('alice:b'), null)
  t.same(seen, [
    ['alice', ...connected],
    ['alice', ...connected],
    ['alice', {}, {}],
    ['alice', ...connected],
    ['alice', {}, {}]
  ])
})

t.test('what assigns throws refuses a fresh token', async (t) => {
  const { verifyToken } = authenticate({
    verify,
    assigns() {
      throw new Error('no database')
    }
  })
  await t.rejects(verifyToken('alice:a'), /no database/)
})

t.test('what verify and assigns return is checked', async (t) => {
  const wrong = [true, 'alice', 42, [], () => {}, new Error('banned'), new Map()]
  for (const value of wrong) {
    const verified = authenticate({ verify: () => value as never })
    await t.rejects(verified.connect({ token: 'x' }, {}), { code: 'PHX_ERR_AUTH_RESULT' })
    await t.rejects(verified.verifyToken('x'), { code: 'PHX_ERR_AUTH_RESULT' })
    const added = authenticate({ verify, assigns: () => value as never })
    await t.rejects(added.connect({ token: 'alice:a' }, {}), { code: 'PHX_ERR_AUTH_RESULT' })
    await t.rejects(added.verifyToken('alice:a'), { code: 'PHX_ERR_AUTH_RESULT' })
  }
  for (const refusal of [null, undefined, false] as const) {
    const { connect, verifyToken } = authenticate({ verify, assigns: () => refusal })
    t.equal(await connect({ token: 'alice:a' }, {}), null)
    t.equal(await verifyToken('alice:a'), null)
  }
})
