import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { isNamedAsUs } from '../../lib/server/host-check.js'
import { type ReferenceServer, startReferenceServer } from '../fixtures/reference-server.js'

/** The status of the answer to the lines, as they are; the connection may stay open. */
async function status({ url }: ReferenceServer, ...lines: string[]): Promise<number> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  const [answer] = await once(socket, 'data')
  socket.destroy()
  return Number(/^HTTP\/1\.1 (\d+)/.exec(String(answer))?.[1])
}

const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
]
const login = [
  'Content-Type: application/json',
  'Content-Length: 19',
  'Connection: close',
  '',
  '{"user_id":"alice"}'
]

/** The statuses of a login, both transports and the page. */
async function ask(server: ReferenceServer, ...headers: string[]): Promise<number[]> {
  const socket = `/socket/websocket?vsn=2.0.0&token=${await server.tokenFor('alice')}`
  const poll = socket.replace('websocket', 'longpoll')
  const close = 'Connection: close'
  return Promise.all([
    status(server, 'POST /dev/token HTTP/1.1', ...headers, ...login),
    status(server, `GET ${socket} HTTP/1.1`, ...headers, ...upgrade),
    status(server, `GET ${poll} HTTP/1.1`, ...headers, close),
    status(server, 'GET / HTTP/1.1', ...headers, close)
  ])
}

const served = [200, 101, 200, 200]
const refused = [403, 403, 403, 403]

t.test('while everybody gets a token, loopback names are served', async (t) => {
  const server = await startReferenceServer(t)
  for (const host of [
    'localhost',
    '127.0.0.1:4000',
    '127.1.2.3',
    '[::1]:4000',
    'APP.LocalHost:80',
    'localhost.'
  ]) {
    t.same(await ask(server, `Host: ${host}`), served, host)
  }
  t.same(await ask(server, 'Host: localhost', 'Origin: http://localhost:4000'), served)
  t.same(
    await ask(server, 'Host: localhost', 'X-Forwarded-Host: evil.example'),
    served,
    'no proxy is trusted'
  )
})

t.test('while everybody gets a token, other names are refused', async (t) => {
  const server = await startReferenceServer(t)
  const hosts = ['evil.example', 'evil.example:4000', 'localhost.evil.example', '127.0.0.1.evil.example', '']
  for (const host of [
    ...hosts,
    '10.0.0.1',
    '0.0.0.0',
    '[fe80::1%25lo]',
    'localhost:x',
    'localhost,evil.example'
  ]) {
    t.same(await ask(server, `Host: ${host}`), refused, host)
  }
  t.same(await ask(server, 'Host: evil.example', 'Origin: http://evil.example'), refused)
  t.same(await ask(server, 'Host: evil.example', 'X-Forwarded-Host: localhost'), refused)
  t.same(await ask(server, 'Host: localhost', 'Host: evil.example'), refused, 'two')
  t.same(await ask(server, 'Host: evil.example', 'Host: localhost'), refused, 'two')
})

t.test('a request without a host, or for a whole URL, is told by what there is', async (t: Test) => {
  const server = await startReferenceServer(t)
  const path = '/dev/token'
  t.equal(await status(server, `POST ${path} HTTP/1.0`, 'Host: localhost', ...login), 200)
  t.equal(await status(server, `POST ${path} HTTP/1.0`, 'Host: evil.example', ...login), 403)
  t.equal(await status(server, `POST ${path} HTTP/1.0`, ...login), 403)
  t.equal(await status(server, `POST ${path} HTTP/1.1`, ...login), 400, 'which Node says')
  for (const target of ['http://evil.example', 'http://localhost@evil.example', '//evil.example']) {
    t.not(await status(server, `POST ${target}${path} HTTP/1.1`, 'Host: localhost', ...login), 200, target)
  }
})

t.test('with a secret any host is served, as behind a proxy', async (t) => {
  const server = await startReferenceServer(t, { TOKEN_SECRET: 'x'.repeat(32) })
  t.same(await ask(server, 'Host: demo.example'), [404, 101, 200, 200])
  const both = await startReferenceServer(t, { TOKEN_SECRET: 'x'.repeat(32), DEV_LOGIN: 'on' })
  t.same(await ask(both, 'Host: demo.example'), served)
})

t.test('without dev login nobody gets a token, and any host is served', async (t) => {
  const server = await startReferenceServer(t, { DEV_LOGIN: 'off' })
  t.same(await ask(server, 'Host: demo.example'), [404, 101, 200, 200])
})

t.test('what was told to listen is served by its own name and address', async (t) => {
  const named = (host: string, more: object = {}, listenHost = '0.0.0.0') =>
    isNamedAsUs(
      { rawHeaders: ['Host', host], url: '/', host, localAddress: '192.0.2.7', ...more },
      listenHost
    )
  t.ok(named('192.0.2.7:4000'))
  t.ok(named('192.0.2.7', { localAddress: '::ffff:192.0.2.7' }))
  t.ok(named('[2001:db8::7]:4000', { localAddress: '2001:db8::7' }))
  t.notOk(named('192.0.2.8'))
  t.notOk(named('0.0.0.0'))
  t.ok(named('Demo.example.', {}, 'demo.example'))
  t.notOk(named('evil.example', {}, 'demo.example'))
  t.notOk(named('localhost', { host: 'evil.example' }), 'what a trusted proxy was asked for')
  t.notOk(named('evil.example', { host: 'localhost' }), 'and what the proxy is, which may be a page')
  t.notOk(named('localhost', { url: 'http://evil.example/' }))
  t.ok(named('localhost', { url: 'http://127.0.0.1:4000/' }))
  t.ok(
    isNamedAsUs(
      { rawHeaders: [':authority', 'localhost'], url: '/', host: 'localhost', localAddress: '::1' },
      ''
    )
  )
})
