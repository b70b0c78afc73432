import Fastify from 'fastify'
import t, { type Test } from 'tap'
import phoenix, {
  authenticate,
  createJwtVerifier,
  createPhoenixToken,
  createPhoenixTokenVerifier,
  type TokenVerifier,
  userChannel,
  type VerifiedToken
} from '../../plugins/phoenix.js'
import { connectPhoenix, join, next, push } from '../fixtures/phoenix-client.js'
import { refusal } from '../fixtures/raw-client.js'
import { listen } from '../fixtures/server.js'
import { Issuer, secret } from './jwt-fixtures.js'
import { secretKeyBase } from './phoenix-tokens.js'

const phoenixOptions = { secretKeyBase, salt: 'user socket' }
const tokens = createPhoenixToken(phoenixOptions)

/** A server with the user channel, on which a token is all that a client needs. */
async function serve<V extends VerifiedToken>(t: Test, verify: TokenVerifier<V>) {
  // A connection that a client's pool opened and never used would hold up the close.
  const app = Fastify({ forceCloseConnections: true })
  const { verifyToken, ...socket } = authenticate({ verify })
  await app.register(phoenix, {
    ...socket,
    channels: { 'user:*': userChannel({ verifyToken }) },
    webrtc: false
  })
  const { base } = await listen(t, app)
  return { app, url: `${base}/socket` }
}

t.test('a token of Phoenix opens the user channel, however it is carried', async (t) => {
  const { app, url } = await serve(t, createPhoenixTokenVerifier(phoenixOptions))
  const token = tokens.sign(7)
  for (const transport of ['websocket', 'longpoll'] as const) {
    for (const options of [{ params: { token } }, { authToken: token }]) {
      const socket = connectPhoenix(t, url, { transport, ...options })
      t.same(await join(socket.channel('user:7')), { status: 'ok', response: {} }, transport)
      t.match(await join(socket.channel('user:8')), { status: 'error', response: { reason: 'unauthorized' } })
    }
  }
  t.equal(app.phoenix.socketCount, 4)
  app.phoenix.disconnect('user_socket:7')
  t.equal(app.phoenix.socketCount, 0, 'all of them are sockets of the user')
})

t.test('clients without a good token are refused with 403', async (t) => {
  const { url } = await serve(t, createPhoenixTokenVerifier(phoenixOptions))
  const old = tokens.sign(7, { signedAt: 0 })
  for (const query of ['', 'token=', 'token=x', 'token[]=x', `token=${old}`, `token=${tokens.encrypt(7)}`]) {
    t.equal(await refusal(url.replace(/^http/, 'ws'), query), 403, query)
  }
})

t.test('a JSON Web Token is prolonged by a fresh one of the same user', async (t) => {
  const issuer = new Issuer()
  issuer.clock.advance(Date.now() - issuer.clock.date())
  const { url } = await serve(t, createJwtVerifier({ secret, algorithms: ['HS256'] }))
  const sign = (sub: string, seconds: number): Promise<string> =>
    issuer.sign({ sub, exp: issuer.now + seconds })
  const socket = connectPhoenix(t, url, { authToken: await sign('alice', 30) })
  const channel = socket.channel('user:alice')
  const warning = next(channel, 'token_expiring')
  t.match(await join(channel), { status: 'ok' })
  t.ok((await warning).expires_in <= 30)
  const refused = { status: 'error', response: { error: 'unauthorized' } }
  t.same(await push(channel, 'access_token', { token: await sign('bob', 300) }), refused)
  t.same(await push(channel, 'access_token', { token: await sign('alice', -1) }), refused)
  t.same(await push(channel, 'access_token', { token: await sign('alice', 300) }), {
    status: 'ok',
    response: {}
  })
})

t.test('a socket closes when its token ends', async (t) => {
  const { url } = await serve(t, createPhoenixTokenVerifier(phoenixOptions))
  const socket = connectPhoenix(t, url, { authToken: tokens.sign('alice', { maxAge: 0.4 }) })
  const closed = new Promise<{ code: number }>((resolve) => socket.onClose(resolve as () => void))
  await join(socket.channel('user:alice'))
  t.equal((await closed).code, 1001)
})
