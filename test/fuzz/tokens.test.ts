import fc from 'fast-check'
import t from 'tap'
import { createJwtVerifier } from '../../lib/auth/jwt.js'
import { Issuer, secret } from '../auth/jwt-fixtures.js'
import { readRecorded, tokensOf } from '../auth/phoenix-tokens.js'

const recorded = await readRecorded()
const { tokens } = tokensOf()
const jwt = new Issuer()
const verifyJwt = createJwtVerifier({ secret, algorithms: ['HS256'], clock: jwt.clock })

/** A check that must refuse, and a token that it takes. */
interface Kind {
  readonly name: string
  readonly good: string
  accepts(token: unknown): boolean | Promise<boolean>
}

const data = { id: 7, roles: ['admin'] }
const kinds: readonly Kind[] = [
  { name: 'signed', good: tokens.sign(data), accepts: (token) => tokens.verify(token).ok },
  { name: 'encrypted', good: tokens.encrypt(data), accepts: (token) => tokens.decrypt(token).ok },
  {
    name: 'JWT',
    good: await jwt.sign({ sub: 'alice', exp: jwt.now + 60 }),
    accepts: async (token) => (await verifyJwt(token)) !== null
  }
]

/** Something else than it was: a byte changed, left out, put in, or the end cut off. */
const mutation = fc.record({
  kind: fc.constantFrom('change', 'drop', 'insert', 'cut'),
  at: fc.nat(),
  character: fc.oneof(
    fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/= \n\0é'),
    fc.string({ minLength: 1, maxLength: 1 })
  )
})

type Mutation = typeof mutation extends fc.Arbitrary<infer M> ? M : never

function mutate(token: string, { kind, at, character }: Mutation): string {
  const place = at % token.length
  const [before, after] = [token.slice(0, place), token.slice(place)]
  if (kind === 'change') return before + character + after.slice(1)
  if (kind === 'drop') return before + after.slice(1)
  return kind === 'insert' ? before + character + after : before
}

for (const { name, good, accepts } of kinds) {
  t.test(`no ${name} token is good with any change to it`, async (t) => {
    t.ok(await accepts(good))
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
        const changed = mutations.reduce(mutate, good)
        return changed === good || !(await accepts(changed))
      }),
      { numRuns: 2000 }
    )
  })

  t.test(`nothing else is a good ${name} token, and nothing throws`, async (t) => {
    const base64 = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes).toString('base64url'))
    const parts = fc.array(base64, { maxLength: 6 }).map((texts) => texts.join('.'))
    const tokenLike = fc.oneof(
      parts,
      parts.map((text) => `XCP.${text}`),
      parts.map((text) => `SFMyNTY.${text}`),
      parts.map((text) => `QTEyOEdDTQ.${text}`)
    )
    const anything = fc.oneof(tokenLike, fc.string(), fc.anything())
    await fc.assert(
      fc.asyncProperty(anything, async (token) => !(await accepts(token))),
      { numRuns: 1000 }
    )
    for (const { token } of recorded.signed) t.notOk(await accepts(token), 'a token of another application')
  })
}
