import { createHmac, pbkdf2Sync } from 'node:crypto'
import t from 'tap'
import { encodeTerm } from '../../lib/auth/erlang-encode.js'
import { atom, tuple } from '../../lib/auth/erlang-term.js'
import { createPhoenixToken, type PhoenixTokenOptions } from '../../lib/auth/phoenix-token.js'
import { secretKeyBase, tokensOf } from './phoenix-tokens.js'

const invalid = { ok: false, reason: 'invalid' }
const expired = { ok: false, reason: 'expired' }

t.test('what is signed or encrypted is had back, with the moment and the end', async (t) => {
  const { tokens, clock } = tokensOf()
  const data = { id: 7, name: 'Zoë', roles: ['a', 'b'], tags: [1, 2, 300], at: 1.5, ok: true, none: null }
  const good = { ok: true, data, signedAt: clock.date(), expiresAt: clock.date() + 86_400_000 }
  t.same(tokens.verify(tokens.sign(data)), good)
  t.same(tokens.decrypt(tokens.encrypt(data)), good)
  t.not(tokens.encrypt(data), tokens.encrypt(data), 'no two encrypted tokens are alike')
})

t.test('no token is missing, any other value that is none is invalid', async (t) => {
  const { tokens } = tokensOf()
  for (const check of [tokens.verify, tokens.decrypt]) {
    for (const token of [undefined, null]) t.same(check(token), { ok: false, reason: 'missing' })
    for (const token of [
      '',
      '.',
      '..',
      '....',
      'XCP.',
      'SFMyNTY',
      5,
      true,
      {},
      [],
      Buffer.from('x'),
      Symbol('x')
    ]) {
      t.same(check(token), invalid)
    }
    t.same(check('x'.repeat(1_000_000)), invalid)
  }
  t.same(tokens.verify(tokens.encrypt(7)), invalid)
  t.same(tokens.decrypt(tokens.sign(7)), invalid)
})

t.test('a max age is signed in, and one at verifying takes its place', async (t) => {
  const { tokens, clock } = tokensOf()
  const token = tokens.sign('alice', { maxAge: 60 })
  const { signedAt } = tokens.verify(token) as { signedAt: number }
  t.equal(signedAt, clock.date())
  clock.advance(60_001)
  t.same(tokens.verify(token), expired)
  t.same(tokens.verify(token, { maxAge: 61 }), {
    ok: true,
    data: 'alice',
    signedAt,
    expiresAt: signedAt + 61_000
  })
  t.same(tokens.verify(token, { maxAge: 0 }), expired)
  t.same(tokens.verify(token, { maxAge: Number.POSITIVE_INFINITY }), { ok: true, data: 'alice', signedAt })
})

t.test('the max age of the options counts for tokens made here and elsewhere', async (t) => {
  const { tokens, clock } = tokensOf({ maxAge: 10 })
  const elsewhere = tokensOf({ maxAge: 1000, clock }).tokens.sign('bob')
  const here = tokens.sign('bob')
  clock.advance(10_001)
  t.same(tokens.verify(elsewhere), expired)
  t.same(tokensOf({ clock }).tokens.verify(here), expired)
  t.ok(tokensOf({ clock }).tokens.verify(elsewhere).ok)
})

t.test('a token of infinite max age never ends, one of none is never good', async (t) => {
  const { tokens, clock } = tokensOf({ maxAge: Number.POSITIVE_INFINITY })
  const token = tokens.sign(1, { signedAt: 0 })
  t.same(tokensOf({ clock }).tokens.verify(token), { ok: true, data: 1, signedAt: 0 })
  t.same(tokensOf({ clock }).tokens.verify(tokens.sign(1, { maxAge: 0 })), expired)
})

/** A token around any term, signed with any digest that Plug.Crypto.MessageVerifier knows. */
const signTerm = (term: unknown, name = 'HS256'): string => signBytes(encodeTerm(term), name)

function signBytes(bytes: Buffer, name = 'HS256'): string {
  const key = pbkdf2Sync(secretKeyBase, 'user socket', 1000, 32, 'sha256')
  const signed = [Buffer.from(name), bytes].map((part) => part.toString('base64url')).join('.')
  return `${signed}.${createHmac(`sha${name.slice(2)}`, key)
    .update(signed)
    .digest('base64url')}`
}

t.test('tokens of the other digests, and of older Phoenix versions, verify', async (t) => {
  const { tokens, clock } = tokensOf()
  const now = clock.date()
  const good = { ok: true, data: 5, signedAt: now, expiresAt: now + 86_400_000 }
  for (const name of ['HS256', 'HS384', 'HS512']) {
    t.same(tokens.verify(signTerm(tuple(5, now, 86_400), name)), good, name)
  }
  t.same(tokens.verify(signTerm(tuple(5, now))), good, 'a tuple without a max age')
  const map = new Map([
    [atom('data'), 5],
    [atom('signed'), now]
  ])
  t.same(tokens.verify(signTerm(map)), good, 'a map')
  t.ok(tokens.verify(signTerm(tuple(5, now, 0.5))).ok, 'a fraction of a second')
})

t.test('a term that is signed but no token is invalid', async (t) => {
  const { tokens, clock } = tokensOf()
  const now = clock.date()
  for (const term of [
    5,
    'text',
    [5, now, 60],
    tuple(),
    tuple(5),
    tuple(5, 'now', 60),
    tuple(5, now, 'soon'),
    tuple(5, now, null),
    tuple(5, now, 60, 1),
    { data: 5 },
    {},
    null
  ]) {
    t.same(tokens.verify(signTerm(term)), invalid)
  }
})

t.test('bytes that are signed but no term are invalid', async (t) => {
  const { tokens } = tokensOf()
  for (const bytes of ['', 'text', '\x83', '\x83P']) {
    t.same(tokens.verify(signBytes(Buffer.from(bytes, 'latin1'))), invalid)
  }
})

t.test('options that are wrong are refused, by name', async (t) => {
  const wrong: [name: string, options: object][] = [
    ['secretKeyBase', { secretKeyBase: 'short' }],
    ['secretKeyBase', { secretKeyBase: undefined }],
    ['salt', { salt: '' }],
    ['salt', { salt: 5 }],
    ['maxAge', { maxAge: -1 }],
    ['maxAge', { maxAge: Number.NaN }],
    ['keyLength', { keyLength: 0 }],
    ['keyLength', { keyLength: 15 }],
    ['keyLength', { keyLength: 1025 }],
    ['keyLength', { keyLength: '32' }],
    ['keyIterations', { keyIterations: 0 }],
    ['keyIterations', { keyIterations: 1.5 }],
    ['keyIterations', { keyIterations: 10_000_001 }],
    ['keyIterations', { keyIterations: 1e12 }],
    ['clock', { clock: null }],
    ['clock', { clock: Date }],
    ['clock', { clock: { now: () => 0 } }],
    ['keyDigest', { keyDigest: 'md5' }],
    ['max_age', { max_age: 5 }]
  ]
  for (const [name, options] of wrong) {
    const create = () =>
      createPhoenixToken({ secretKeyBase, salt: 'user socket', ...options } as PhoenixTokenOptions)
    t.throws(create, { code: 'PHX_ERR_AUTH_OPTION', message: new RegExp(`option ${name}:`) }, name)
  }
  t.throws(() => createPhoenixToken(null as unknown as PhoenixTokenOptions), { code: 'PHX_ERR_AUTH_OPTION' })
  const { tokens } = tokensOf()
  t.throws(() => tokens.sign(1, { maxAge: -1 }), { code: 'PHX_ERR_AUTH_OPTION' })
  t.throws(() => tokens.sign(1, { signedAt: Number.NaN }), { code: 'PHX_ERR_AUTH_OPTION' })
  t.throws(() => tokens.verify('x', { maxAge: Number.NaN }), { code: 'PHX_ERR_AUTH_OPTION' })
  for (const options of [null, 5, new Map(), { max_age: 5 }, { signed_at: 5 }] as unknown as object[]) {
    t.throws(() => tokens.sign(1, options), { code: 'PHX_ERR_AUTH_OPTION' })
    t.throws(() => tokens.encrypt(1, options), { code: 'PHX_ERR_AUTH_OPTION' })
    t.throws(() => tokens.verify('x', options), { code: 'PHX_ERR_AUTH_OPTION' })
    t.throws(() => tokens.decrypt(undefined, options), { code: 'PHX_ERR_AUTH_OPTION' })
  }
})

t.test('a key of 16 bytes is long enough for signed tokens', async (t) => {
  const { tokens } = tokensOf({ keyLength: 16, keyIterations: 1 })
  t.match(tokens.verify(tokens.sign('ann')), { ok: true, data: 'ann' })
})

t.test('encrypted tokens need a key of 32 bytes', async (t) => {
  const { tokens } = tokensOf({ keyLength: 64 })
  t.throws(() => tokens.encrypt(1), { code: 'PHX_ERR_AUTH_OPTION', message: /keyLength/ })
  t.same(tokens.decrypt(tokensOf().tokens.encrypt(1)), invalid)
})

t.test('data that no token can carry is refused', async (t) => {
  const { tokens } = tokensOf()
  for (const data of [undefined, Number.NaN, new Date(), 'x'.repeat(20_000), () => {}]) {
    t.throws(() => tokens.sign(data), { code: 'PHX_ERR_AUTH_TERM_ENCODE' })
  }
})

t.test('the largest token that is made verifies', async (t) => {
  const { tokens } = tokensOf()
  const data = 'x'.repeat(11_950)
  t.match(tokens.verify(tokens.sign(data)), { ok: true, data })
  t.match(tokens.decrypt(tokens.encrypt(data)), { ok: true, data })
})
