import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createJwtVerifier } from '../../lib/auth/jwt.js'
import { Issuer } from './jwt-fixtures.js'

const first = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const second = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const entry = (kid: string, key: KeyObject): object => ({
  ...key.export({ format: 'jwk' }),
  kid,
  alg: 'ES256'
})
const keySet = { keys: [entry('first', first.publicKey), entry('second', second.publicKey)] }

/** An issuer that publishes its keys on the loopback interface. */
async function publish(t: Test, answer: (response: ServerResponse) => void) {
  const issuer = new Issuer()
  const published = { issuer, fetches: 0, jwksUri: '', answer }
  const server = createServer((_request, response) => {
    published.fetches++
    published.answer(response)
  })
  t.teardown(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  published.jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
  const verify = createJwtVerifier({ jwksUri: published.jwksUri, algorithms: ['ES256'], clock: issuer.clock })
  return { published, verify }
}

const answerKeys = (response: ServerResponse): void => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(keySet))
}

const answerStatus =
  (status: number) =>
  (response: ServerResponse): void => {
    response.statusCode = status
    response.end()
  }

t.test('keys are fetched once, for all tokens that come', async (t) => {
  const { published, verify } = await publish(t, answerKeys)
  const { issuer } = published
  const one = await issuer.sign({ sub: 'alice' }, first.privateKey, { alg: 'ES256', kid: 'first' })
  const two = await issuer.sign({ sub: 'bob' }, second.privateKey, { alg: 'ES256', kid: 'second' })
  t.match(await Promise.all([verify(one), verify(two), verify(one)]), [
    { userId: 'alice' },
    { userId: 'bob' },
    { userId: 'alice' }
  ])
  t.match(await verify(two), { userId: 'bob' })
  t.equal(published.fetches, 1)
})

t.test(
  'tokens of keys that are not in the set are null, and do not make it be fetched again and again',
  async (t) => {
    const { published, verify } = await publish(t, answerKeys)
    const { issuer } = published
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    for (const kid of ['a', 'b', 'c']) {
      const token = await issuer.sign({ sub: 'alice' }, stranger.privateKey, { alg: 'ES256', kid })
      t.equal(await verify(token), null)
    }
    const forged = await issuer.sign({ sub: 'alice' }, stranger.privateKey, { alg: 'ES256', kid: 'first' })
    t.equal(await verify(forged), null)
    t.equal(published.fetches, 1)
  }
)

t.test('a token that does not say which of several keys it is of is null', async (t) => {
  const { published, verify } = await publish(t, answerKeys)
  t.equal(
    await verify(await published.issuer.sign({ sub: 'alice' }, first.privateKey, { alg: 'ES256' })),
    null
  )
})

t.test('nothing is fetched for what cannot be a good token', async (t) => {
  const { published, verify } = await publish(t, answerKeys)
  const { issuer } = published
  for (const token of ['', 'a.b.c', await issuer.sign({ sub: 'alice' }), `x.${'y'.repeat(20_000)}.z`]) {
    t.equal(await verify(token), null)
  }
  t.equal(published.fetches, 0)
})

t.test('a new key is found, and one that was taken back is no longer good', async (t) => {
  const only = (...keys: object[]) => {
    return (response: ServerResponse): void => void response.end(JSON.stringify({ keys }))
  }
  const { published, verify } = await publish(t, only(entry('first', first.publicKey)))
  const { issuer } = published
  const one = await issuer.sign({ sub: 'alice' }, first.privateKey, { alg: 'ES256', kid: 'first' })
  const two = await issuer.sign({ sub: 'bob' }, second.privateKey, { alg: 'ES256', kid: 'second' })
  // The age of keys is counted by jose, on the clock of the machine.
  let date = Date.now()
  t.intercept(Date, 'now', { value: () => date })
  t.match([await verify(one), await verify(two)], [{ userId: 'alice' }, null])
  published.answer = only(entry('second', second.publicKey))
  date += 30_001
  t.match(await verify(one), { userId: 'alice' }, 'a key that is known is not asked for')
  t.match([await verify(two), await verify(one)], [{ userId: 'bob' }, null])
  t.equal(published.fetches, 2)
  date += 600_001
  t.match(await verify(two), { userId: 'bob' })
  t.equal(published.fetches, 3)
})

t.test(
  'keys that cannot be fetched are an error, not a refusal, and are not asked for again at once',
  async (t) => {
    const { published, verify } = await publish(t, answerStatus(503))
    const { issuer } = published
    const token = await issuer.sign({ sub: 'alice' }, first.privateKey, { alg: 'ES256', kid: 'first' })
    const unavailable = { code: 'PHX_ERR_AUTH_JWKS', message: /HTTP status 503/ }
    await t.rejects(verify(token), unavailable)
    await t.rejects(verify(token), unavailable)
    t.equal(published.fetches, 1)
    published.answer = answerKeys
    issuer.clock.advance(1_000)
    t.match(await verify(token), { userId: 'alice' })
    t.equal(published.fetches, 2)
  }
)

t.test('an answer that is no key set, and a redirect, are errors', async (t) => {
  const answers: Record<string, (response: ServerResponse) => void> = {
    text: (response) => response.end('<html>'),
    'another object': (response) => response.end('{"keys":5}'),
    redirect(response) {
      response.setHeader('location', '/elsewhere')
      answerStatus(302)(response)
    }
  }
  for (const [name, answer] of Object.entries(answers)) {
    const { published, verify } = await publish(t, answer)
    const token = await published.issuer.sign({ sub: 'alice' }, first.privateKey, {
      alg: 'ES256',
      kid: 'first'
    })
    await t.rejects(verify(token), { code: 'PHX_ERR_AUTH_JWKS' }, name)
    t.equal(published.fetches, 1)
  }
})
