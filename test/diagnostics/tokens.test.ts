import { SignJWT } from 'jose'
import t from 'tap'
import {
  authenticate,
  createJwtVerifier,
  createPhoenixToken,
  createPhoenixTokenVerifier,
  userChannel
} from '../../plugins/phoenix.js'
import { hear, messagesOf } from '../fixtures/heard.js'
import { connectRaw, refusal } from '../fixtures/raw-client.js'
import { startServer } from '../fixtures/server.js'

const secret = 'a secret that is long enough for HS256'
const key = Buffer.from(secret)
const sign = (claims: object, by = key): Promise<string> =>
  new SignJWT({ sub: 'alice', ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(by)

t.test('a token that is refused says why, and is in no message itself', async (t) => {
  const lines: string[] = []
  const heard = hear(t, 'refused')
  const { verifyToken, ...socket } = authenticate({
    verify: createJwtVerifier({ secret, algorithms: ['HS256'], audience: 'game' })
  })
  const { url } = await startServer(
    t,
    { ...socket, channels: { 'user:*': userChannel({ verifyToken }) } },
    { logger: { level: 'info', stream: { write: (line: string) => lines.push(line) } } }
  )
  const good = { aud: 'game' }
  const cases: [problem: string, token: string][] = [
    ['missing', ''],
    ['malformed', 'no.token.here'],
    ['expired', await sign({ ...good, exp: 1 })],
    ['not_yet_valid', await sign({ ...good, nbf: 2 ** 40 })],
    ['signature', await sign(good, Buffer.from(`${secret}, another`))],
    ['audience', await sign({ aud: 'chat' })],
    ['user', await sign({ ...good, sub: '' })]
  ]
  for (const [, token] of cases) t.equal(await refusal(url, `token=${token}`), 403)
  const refused = messagesOf(heard, 'refused')
  t.same(
    refused.map(({ kind, details }) => [kind, details.problem]),
    cases.map(([problem]) => ['token', problem])
  )
  const client = await connectRaw(t, url, `token=${await sign(good)}`)
  await client.join('user:alice')
  for (const [problem, token] of cases) {
    client.send('1', '2', 'user:alice', 'access_token', { token })
    t.match(await client.next(), ['1', '2', 'user:alice', 'phx_reply', { status: 'error' }], problem)
  }
  client.send('2', '2', 'user:bob', 'phx_join', {})
  await client.next()
  const later = messagesOf(heard, 'refused').slice(cases.length)
  t.same(
    later.map(({ kind, details }) => [kind, details.problem]),
    [...cases.map(([problem]) => ['accessToken', problem]), ['otherUser', undefined]]
  )
  const text = JSON.stringify([
    heard.map(({ message }) => message),
    lines.filter((line) => /refusal/.test(line))
  ])
  for (const [, token] of cases) if (token !== '') t.notOk(text.includes(token))
  t.match(
    lines.find((line) => line.includes('"token"')),
    /its token is not good/
  )
})

t.test('tokens of Phoenix, and a verifier of the application', async (t) => {
  const heard = hear(t, 'refused')
  const phoenix = { secretKeyBase: 'a secret of twenty bytes or more', salt: 'user socket' }
  const tokens = createPhoenixToken(phoenix)
  for (const verify of [createPhoenixTokenVerifier<string>(phoenix), () => null]) {
    const { verifyToken: _, ...socket } = authenticate<{ userId: string }>({ verify })
    const { url } = await startServer(t, socket)
    await refusal(url, `token=${tokens.sign('alice', { signedAt: 1, maxAge: 1 })}`)
    await refusal(url, 'token=x')
  }
  t.same(
    messagesOf(heard, 'refused').map(({ details }) => details.problem),
    ['expired', 'signature', 'refused', 'refused']
  )
})
