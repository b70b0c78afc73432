import t from 'tap'
import {
  createPhoenixTokenVerifier,
  type PhoenixTokenVerifierOptions
} from '../../lib/auth/phoenix-token-verifier.js'
import { secretKeyBase, tokensOf } from './phoenix-tokens.js'

const salt = 'user socket'

t.test('the data of a token is its user, when it can be one', async (t) => {
  const { tokens, clock } = tokensOf()
  const verify = createPhoenixTokenVerifier({ secretKeyBase, salt, clock })
  const expiresAt = clock.date() + 86_400_000
  t.same(verify(tokens.sign(7)), { userId: '7', expiresAt, data: 7 })
  t.same(verify(tokens.sign('alice')), { userId: 'alice', expiresAt, data: 'alice' })
  t.same(verify(tokens.sign(2n ** 64n))?.userId, '18446744073709551616')
  for (const data of ['', null, true, 1.5, [7], { id: 7 }]) t.equal(verify(tokens.sign(data)), null)
})

t.test('the application says where the user is in the data', async (t) => {
  const { tokens, clock } = tokensOf()
  const verify = createPhoenixTokenVerifier({
    secretKeyBase,
    salt,
    clock,
    userId: (data: { id: number; role: string }) => data.id
  })
  t.match(verify(tokens.sign({ id: 7, role: 'admin' })), { userId: '7', data: { role: 'admin' } })
})

t.test('a token without end has none', async (t) => {
  const { tokens, clock } = tokensOf({ maxAge: Number.POSITIVE_INFINITY })
  t.same(createPhoenixTokenVerifier({ secretKeyBase, salt, clock })(tokens.sign(7)), { userId: '7', data: 7 })
})

t.test('bad and expired tokens, and those of the other kind, are null', async (t) => {
  const { tokens, clock } = tokensOf()
  const verify = createPhoenixTokenVerifier({ secretKeyBase, salt, clock })
  const decrypt = createPhoenixTokenVerifier({ secretKeyBase, salt, clock, encrypted: true })
  const [signed, encrypted] = [tokens.sign(7), tokens.encrypt(7)]
  t.match([verify(signed), decrypt(encrypted)], [{ userId: '7' }, { userId: '7' }])
  t.same([verify(encrypted), decrypt(signed), verify(undefined), verify('x')], [null, null, null, null])
  clock.advance(86_400_001)
  t.same([verify(signed), decrypt(encrypted)], [null, null])
})

t.test('options that are wrong are refused', async (t) => {
  const create = createPhoenixTokenVerifier as (options?: unknown) => unknown
  for (const options of [undefined, null, 'secret'])
    t.throws(() => create(options), {
      code: 'PHX_ERR_AUTH_OPTION',
      message: /option options: must be an object/
    })
  for (const options of [{ salt: '' }, { encrypted: 1 }, { userId: 'id' }, { maxage: 5 }, { clock: {} }]) {
    t.throws(
      () =>
        createPhoenixTokenVerifier({
          secretKeyBase,
          salt,
          ...options
        } as PhoenixTokenVerifierOptions<unknown>),
      { code: 'PHX_ERR_AUTH_OPTION' }
    )
  }
})
