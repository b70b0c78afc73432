import t from 'tap'
import { type Atom, atom } from '../../lib/auth/erlang-term.js'
import { createPhoenixToken } from '../../lib/auth/phoenix-token.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { optionsOf, readRecorded } from './phoenix-tokens.js'

const { secret_key_base: secretKeyBase, salt, signed_at, signed, encrypted } = await readRecorded()
const signedAt = signed_at * 1000
const day = 86_400_000

t.test('every token that Phoenix signed verifies until its max age is over', async (t) => {
  for (const { name, options, token, data } of signed) {
    const clock = new FakeClock(signedAt)
    const tokens = createPhoenixToken({ secretKeyBase, salt, clock, ...optionsOf(options) })
    const good = { ok: true, data, signedAt, expiresAt: signedAt + day }
    t.same(tokens.verify(token), good, name)
    clock.advance(day)
    t.same(tokens.verify(token), good, `${name}, at the last moment`)
    clock.advance(1)
    t.same(tokens.verify(token), { ok: false, reason: 'expired' }, `${name}, after it`)
  }
})

t.test(
  'no token that Phoenix signed verifies with another secret, salt or way to make the key',
  async (t) => {
    const clock = new FakeClock(signedAt)
    for (const { name, options, token } of signed) {
      const right = { secretKeyBase, salt, clock, ...optionsOf(options) }
      for (const wrong of [
        { secretKeyBase: `${secretKeyBase}.` },
        { salt: 'user secret' },
        { keyIterations: 1001 },
        { keyLength: 31 },
        { keyDigest: 'sha384' as const }
      ]) {
        const result = createPhoenixToken({ ...right, ...wrong }).verify(token)
        t.same(result, { ok: false, reason: 'invalid' }, `${name} with another ${Object.keys(wrong)}`)
      }
    }
  }
)

/** What has to be signed for the token of that name, where the data does not say it already. */
const termsToSign: Record<string, unknown> = {
  atom: atom('admin'),
  'map with atom keys': new Map<Atom, unknown>([
    [atom('name'), 'bob'],
    [atom('id'), 7]
  ])
}

t.test('signing the same term at the same moment makes the same token', async (t) => {
  for (const { name, options, token, data } of signed) {
    const tokens = createPhoenixToken({ secretKeyBase, salt, ...optionsOf(options) })
    t.equal(tokens.sign(termsToSign[name] ?? data, { signedAt }), token, `${name}, ${options}`)
  }
})

t.test('a token that Phoenix encrypted decrypts, with its own salt alone', async (t) => {
  const clock = new FakeClock(signedAt)
  const good = { ok: true, data: encrypted.data, signedAt, expiresAt: signedAt + day }
  const decrypt = (salt: string) =>
    createPhoenixToken({ secretKeyBase, salt, clock }).decrypt(encrypted.token)
  t.same(decrypt(encrypted.salt), good)
  t.same(decrypt(salt), { ok: false, reason: 'invalid' })
  clock.advance(day + 1)
  t.same(decrypt(encrypted.salt), { ok: false, reason: 'expired' })
})

t.test('no token of Phoenix verifies with any one character changed', async (t) => {
  const clock = new FakeClock(signedAt)
  const tokens = createPhoenixToken({ secretKeyBase, salt, clock })
  const secrets = createPhoenixToken({ secretKeyBase, salt: encrypted.salt, clock })
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='
  const accepted: string[] = []
  const token = signed.find(({ name }) => name === 'integer')?.token ?? ''
  t.ok(tokens.verify(token).ok)
  for (const [verify, original] of [
    [tokens.verify, token],
    [secrets.decrypt, encrypted.token]
  ] as const) {
    for (let at = 0; at < original.length; at++) {
      for (const character of alphabet) {
        const changed = original.slice(0, at) + character + original.slice(at + 1)
        if (changed !== original && verify(changed).ok) accepted.push(changed)
      }
    }
  }
  t.same(accepted, [])
})
