import { once } from 'node:events'
import { connect } from 'node:tls'
import Fastify from 'fastify'
import t from 'tap'
import { WebSocket } from 'ws'
import phoenix from '../../plugins/phoenix.js'
import { certificate } from '../fixtures/certificate.js'
import { options } from '../fixtures/server.js'

const h2c =
  'Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n'

for (const [name, server] of [
  ['HTTPS', { https: certificate }],
  ['HTTP/2 with allowHTTP1', { http2: true, https: { ...certificate, allowHTTP1: true } }]
] as const) {
  t.test(`over ${name} a WebSocket opens, and other upgrades are ordinary requests`, async (t) => {
    const app = Fastify(server as object)
    await app.register(phoenix, options)
    app.post('/echo', async (request) => ({ got: request.body }))
    t.teardown(() => app.close())
    const base = await app.listen({ host: '127.0.0.1', port: 0 })
    const port = Number(new URL(base).port)
    const ws = new WebSocket(`wss${base.slice(5)}/socket/websocket?vsn=2.0.0`, { rejectUnauthorized: false })
    await once(ws, 'open')
    const tls = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    t.teardown(() => tls.destroy())
    const fields = `${h2c}Content-Type: application/json\r\nContent-Length: 7\r\n\r\n`
    tls.write(`POST /echo HTTP/1.1\r\n${fields}{"a":1}`)
    let answer = ''
    while (!/got/.test(answer)) answer += (await once(tls, 'data'))[0]
    t.match(answer, /200 OK[\s\S]*\{"got":\{"a":1\}\}/)
    tls.destroy()
    await app.close()
    if (ws.readyState !== WebSocket.CLOSED) t.equal((await once(ws, 'close'))[0], 1012)
  })
}
