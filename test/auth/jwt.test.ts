import t from 'tap'
import { createJwtVerifier, type JwtVerifierOptions } from '../../lib/auth/jwt.js'
import { Issuer, secret } from './jwt-fixtures.js'

function verifierOf(issuer: Issuer, options: Partial<JwtVerifierOptions> = {}) {
  return createJwtVerifier({ secret, algorithms: ['HS256'], clock: issuer.clock, ...options })
}

t.test('a good token tells its user, its end and its claims', async (t) => {
  const issuer = new Issuer()
  const claims = { sub: 'alice', exp: issuer.now + 60, role: 'admin' }
  const token = await issuer.sign(claims)
  t.same(await verifierOf(issuer)(token), { userId: 'alice', expiresAt: (issuer.now + 60) * 1000, claims })
})

t.test('a token without exp does not end', async (t) => {
  const issuer = new Issuer()
  t.same(await verifierOf(issuer)(await issuer.sign({ sub: 'alice' })), {
    userId: 'alice',
    claims: { sub: 'alice' }
  })
})

t.test('a token is good until its exp, and from its nbf', async (t) => {
  const issuer = new Issuer()
  const verify = verifierOf(issuer)
  const token = await issuer.sign({ sub: 'alice', nbf: issuer.now + 10, exp: issuer.now + 20 })
  t.equal(await verify(token), null)
  issuer.clock.advance(10_000)
  t.match(await verify(token), { userId: 'alice' })
  issuer.clock.advance(10_000)
  t.equal(await verify(token), null)
})

t.test('a tolerance for clocks prolongs a token, and its end with it', async (t) => {
  const issuer = new Issuer()
  const verify = verifierOf(issuer, { clockTolerance: 5 })
  const end = issuer.now + 20
  const token = await issuer.sign({ sub: 'alice', exp: end })
  issuer.clock.advance(24_000)
  t.match(await verify(token), { expiresAt: (end + 5) * 1000 })
  issuer.clock.advance(1_000)
  t.equal(await verify(token), null)
})

t.test('a max age ends a token whatever its exp is, and demands an iat', async (t) => {
  const issuer = new Issuer()
  const verify = verifierOf(issuer, { maxTokenAge: 60 })
  const iat = issuer.now
  const late = await issuer.sign({ sub: 'alice', iat, exp: iat + 600 })
  t.match(await verify(late), { expiresAt: (iat + 60) * 1000 })
  t.match(await verify(await issuer.sign({ sub: 'alice', iat, exp: iat + 6 })), {
    expiresAt: (iat + 6) * 1000
  })
  t.equal(await verify(await issuer.sign({ sub: 'alice', exp: iat + 6 })), null)
  issuer.clock.advance(61_000)
  t.equal(await verify(late), null)
})

t.test('issuer and audience must be the ones that are wanted', async (t) => {
  const issuer = new Issuer()
  const verify = verifierOf(issuer, { issuer: ['https://a.test', 'https://b.test'], audience: 'game' })
  const good = { sub: 'alice', iss: 'https://b.test', aud: ['chat', 'game'] }
  t.match(await verify(await issuer.sign(good)), { userId: 'alice' })
  t.equal(await verify(await issuer.sign({ ...good, iss: 'https://c.test' })), null)
  t.equal(await verify(await issuer.sign({ ...good, aud: 'chat' })), null)
  t.equal(await verify(await issuer.sign({ sub: 'alice', iss: 'https://a.test' })), null)
  t.equal(await verify(await issuer.sign({ sub: 'alice', aud: 'game' })), null)
})

t.test('the user comes from the claim that is named for it', async (t) => {
  const issuer = new Issuer()
  const verify = verifierOf(issuer, { userIdClaim: 'user_id' })
  t.match(await verify(await issuer.sign({ sub: 'x', user_id: 'alice' })), { userId: 'alice' })
  t.match(await verify(await issuer.sign({ user_id: 7 })), { userId: '7' })
  for (const user_id of ['', null, true, 1.5, 1e300, {}, ['alice'], 'x'.repeat(251)]) {
    t.equal(await verify(await issuer.sign({ user_id })), null, JSON.stringify(user_id))
  }
  t.equal(await verify(await issuer.sign({ sub: 'alice' })), null)
  t.equal(await verifierOf(issuer, { userIdClaim: 'constructor' })(await issuer.sign({})), null)
})

t.test('what is no token of this secret and algorithm is null', async (t) => {
  const issuer = new Issuer()
  const verify = verifierOf(issuer)
  const token = await issuer.sign({ sub: 'alice' })
  const [, payload = '', signature = ''] = token.split('.')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  const lower = Buffer.from('{"alg":"hs256"}').toString('base64url')
  for (const bad of [
    `${none}.${payload}.`,
    `${none}.${payload}.${signature}`,
    `${lower}.${payload}.${signature}`,
    token.slice(0, -1),
    `${token}A`,
    `${token}.`,
    `${token} `,
    `${token}=`,
    `${token.slice(0, -1)} ${token.slice(-1)}`,
    await issuer.sign({ sub: 'alice' }, Buffer.from(secret), { alg: 'HS512' }),
    await issuer.sign({ sub: 'alice' }, Buffer.from('some other secret, long enough too')),
    await issuer.sign({ sub: 'alice', pad: 'x'.repeat(20_000) }),
    '',
    '..',
    undefined,
    null,
    5,
    {},
    Buffer.from(token)
  ]) {
    t.equal(await verify(bad), null, String(bad).slice(0, 60))
  }
  t.match(await verify(token), { userId: 'alice' })
})
