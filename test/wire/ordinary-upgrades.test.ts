import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import phoenix from '../../plugins/phoenix.js'
import { h2c, talk, webSocket } from '../fixtures/raw-http.js'
import { listen, options, startServer } from '../fixtures/server.js'

async function server(t: Test) {
  const app = Fastify()
  await app.register(phoenix, options)
  app.get('/hello', async (request) => ({ hello: request.headers.upgrade }))
  app.get('/slow', async () => new Promise((resolve) => setImmediate(() => resolve({ slow: true }))))
  app.post('/echo', async (request) => ({ got: request.body }))
  return listen(t, app)
}

t.test('an upgrade to another protocol is an ordinary request, and its connection lives on', async (t) => {
  const { port } = await server(t)
  const tcp = connect(port, '127.0.0.1')
  t.teardown(() => tcp.destroy())
  for (const [fields, hello] of [
    [h2c, '{"hello":"h2c"}'],
    ['Host: b\r\n', '{}']
  ]) {
    tcp.write(`GET /hello HTTP/1.1\r\n${fields}\r\n`)
    const [data] = (await once(tcp, 'data')) as [Buffer]
    t.match(String(data), `200 OK`)
    t.ok(String(data).endsWith(`${hello}`))
  }
})

for (const [how, body] of [
  ['of a length', 'Content-Length: 7\r\n\r\n{"a":1}'],
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n']
]) {
  t.test(`so is one with a body ${how}, also where it comes later`, async (t) => {
    const { app, port } = await server(t)
    const head = `POST /echo HTTP/1.1\r\n${h2c}Content-Type: application/json\r\n${body}`
    t.match(await talk(t, port, head, /got/), /200 OK[\s\S]*\{"got":\{"a":1\}\}/)
    const tcp = connect(port, '127.0.0.1')
    t.teardown(() => tcp.destroy())
    const at = head.indexOf('\r\n\r\n') + 6
    const upgraded = once(app.server, 'request')
    tcp.write(head.slice(0, at))
    await upgraded
    tcp.write(head.slice(at))
    const [data] = (await once(tcp, 'data')) as [Buffer]
    t.match(String(data), /200 OK/)
  })
}

t.test('an upgrade of what is no WebSocket route is ordinary, to h2c and to a WebSocket', async (t) => {
  const { port } = await server(t)
  const upgrade = `${webSocket}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
  t.match(await talk(t, port, `GET /hello HTTP/1.1\r\n${upgrade}`, /\}/), /200 OK/)
  t.match(await talk(t, port, `GET /nowhere HTTP/1.1\r\n${upgrade}`, /\}/), /404 Not Found/)
  for (const head of [upgrade, `${h2c}\r\n`]) {
    const answer = await talk(t, port, `GET /socket/longpoll?vsn=2.0.0 HTTP/1.1\r\n${head}`, /\}/)
    t.match(answer, /200 OK[\s\S]*"status":410/)
  }
  t.match(
    await talk(t, port, `GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\n${h2c}\r\n`, /\r\n\r\n/),
    /HTTP\/1\.1 400/
  )
})

t.test(
  'several on one connection at once are answered in their order, a WebSocket behind them',
  async (t) => {
    const { app, port } = await server(t)
    const slow = `GET /slow HTTP/1.1\r\n${h2c}\r\n`
    const upgrade = `GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\n${webSocket}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
    const plain = 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n'
    // Node that is asked about upgrades loses what comes right behind one that it passes over.
    const isAsked = 'shouldUpgradeCallback' in app.server
    for (const ahead of [isAsked ? plain : slow, plain].map((request) => request.repeat(3))) {
      const answers = await talk(t, port, ahead + upgrade, /101 Switching Protocols/)
      t.equal(answers.split('200 OK').length - 1, 3)
      t.equal(answers.split('HTTP/1.1').length - 1, 4)
    }
    t.equal(app.phoenix.socketCount, 2)
  }
)

t.test(
  'so is one that comes to another address of the server, as Fastify listens to localhost',
  async (t) => {
    const { app } = await server(t)
    const second = createServer((request, response) => app.routing(request, response))
    second.on('upgrade', app.server.emit.bind(app.server, 'upgrade'))
    t.teardown(() => second.close())
    await once(second.listen(0, '127.0.0.1'), 'listening')
    const { port } = second.address() as AddressInfo
    const head = `POST /echo HTTP/1.1\r\n${h2c}Content-Type: application/json\r\nContent-Length: 7\r\n\r\n`
    t.match(await talk(t, port, `${head}{"a":1}`, /got/), /200 OK[\s\S]*\{"got":\{"a":1\}\}/)
    const fields = `${webSocket}Connection: Upgrade\r\nUpgrade: websocket\r\n`
    const upgrade = `GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\n${fields}\r\n`
    t.match(await talk(t, port, upgrade, /\r\n\r\n/), /101 Switching Protocols/)
  }
)

for (const fields of [
  'Connection: keep-alive, Upgrade\r\nUpgrade: websocket, foo\r\n',
  'Connection: Upgrade\r\nUpgrade: h2c, WebSocket\r\n',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n'
]) {
  t.test(`a WebSocket opens with ${fields.replaceAll('\r\n', ' ')}`, async (t) => {
    const { port } = await server(t)
    const head = `GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\n${webSocket}${fields}\r\n`
    t.match(await talk(t, port, head, /\r\n\r\n/), /101 Switching Protocols/)
  })
}

const offers: [string, string | undefined][] = [
  ['permessage-deflate; foo=1', undefined],
  ['permessage-deflate; server_max_window_bits=99', undefined],
  ['permessage-deflate; client_no_context_takeover; client_no_context_takeover', undefined],
  ['x-webkit-deflate-frame', undefined],
  [';;=,', undefined],
  ['permessage-deflate; foo=1, permessage-deflate; client_max_window_bits', 'permessage-deflate'],
  ['permessage-deflate; server_max_window_bits="10"', 'permessage-deflate; server_max_window_bits=10']
]
for (const [offer, taken] of offers) {
  t.test(`a WebSocket opens with the extensions ${offer}`, async (t) => {
    for (const compress of [false, true]) {
      const { port } = await startServer(t, { websocket: { compress } })
      const fields = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: ${offer}\r\n`
      const head = `GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\n${webSocket}${fields}\r\n`
      const answer = await talk(t, port, head, /\r\n\r\n/)
      t.match(answer, /101 Switching Protocols/)
      t.equal(/Extensions: (.*)\r\n/.exec(answer)?.[1], compress ? taken : undefined)
    }
  })
}
