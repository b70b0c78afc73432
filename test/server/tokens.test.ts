import { SignJWT } from 'jose'
import t from 'tap'
import { createTokens, isUserId } from '../../lib/server/tokens.js'
import { systemClock } from '../../lib/time/clock.js'

const secret = 'the secret of this test, of a good length'
const key = new TextEncoder().encode(secret)
const now = 1_700_000_000_000

function at(date: number) {
  return { ...systemClock, date: () => date }
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

t.test('a signed token names its user and its end', async (t) => {
  const tokens = createTokens(secret, at(now))
  const token = await tokens.sign('alice', 60)
  t.same(await tokens.verify(token), { userId: 'alice', expiresAt: now + 60_000 })
})

t.test('a token ends with its exp and begins with its nbf', async (t) => {
  const token = await createTokens(secret, at(now)).sign('alice', 60)
  t.ok(await createTokens(secret, at(now + 59_000)).verify(token))
  t.equal(await createTokens(secret, at(now + 60_000)).verify(token), null)

  const later = await new SignJWT({ sub: 'alice', nbf: now / 1000 + 10 })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(key)
  t.equal(await createTokens(secret, at(now)).verify(later), null)
  t.same(await createTokens(secret, at(now + 10_000)).verify(later), { userId: 'alice' })
})

t.test('a token of another secret is none', async (t) => {
  const token = await createTokens('another secret').sign('alice', 60)
  t.equal(await createTokens(secret).verify(token), null)
})

t.test('another algorithm than HS256 is none, "none" included', async (t) => {
  const tokens = createTokens(secret)
  const hs512 = await new SignJWT({ sub: 'alice' })
    .setProtectedHeader({ alg: 'HS512' })
    .sign(Buffer.alloc(64, key))
  t.equal(await createTokens(Buffer.alloc(64, key).toString()).verify(hs512), null)
  t.equal(await tokens.verify(`${encoded({ alg: 'none' })}.${encoded({ sub: 'alice' })}.`), null)
})

t.test('a sub that is no user id is none', async (t) => {
  const tokens = createTokens(secret)
  for (const sub of [undefined, '', 1, null, ['alice'], 'x'.repeat(251), 'é'.repeat(126)]) {
    const token = await new SignJWT({ sub: sub as string }).setProtectedHeader({ alg: 'HS256' }).sign(key)
    t.equal(await tokens.verify(token), null, JSON.stringify(sub))
  }
})

t.test('what is no token at all is none', async (t) => {
  const tokens = createTokens(secret)
  for (const value of [undefined, null, 1, {}, [], '', '.', '..', 'a.b.c', 'x'.repeat(10_000)]) {
    t.equal(await tokens.verify(value), null)
  }
})

t.test('a user id is a string of 1 to 250 bytes', async (t) => {
  for (const good of ['a', 'x'.repeat(250), 'é'.repeat(125)]) t.ok(isUserId(good))
  for (const bad of ['', 'x'.repeat(251), 'é'.repeat(126), 1, null, undefined]) t.notOk(isUserId(bad))
})
