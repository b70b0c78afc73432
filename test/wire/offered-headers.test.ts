import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import phoenix from '../../plugins/phoenix.js'
import { talk, webSocket } from '../fixtures/raw-http.js'
import { listen, options } from '../fixtures/server.js'

/** `keepsHeaders`: whether what is written over the headers of a request is there for who reads them later. */
async function server(t: Test, keepsHeaders: boolean) {
  const app = Fastify()
  app.addHook('onRequest', async ({ raw }) => {
    const { headers } = raw
    if (!keepsHeaders) Object.defineProperty(raw, 'headers', { get: () => ({ ...headers }) })
  })
  const websocket = { compress: true, subprotocols: ['mqtt'] }
  await app.register(phoenix, { ...options, authToken: true, websocket })
  return listen(t, app)
}

const connect = (fields: string): string =>
  `GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\n${webSocket}Connection: Upgrade\r\nUpgrade: websocket\r\n${fields}\r\n\r\n`

t.test('ws answers what was chosen for it, also of what it cannot make out', async (t) => {
  const { port } = await server(t, true)
  for (const [fields, answered] of [
    ['Sec-WebSocket-Protocol: base64url.bearer.phx.Pz8/, phoenix', /Protocol: phoenix\r\n/],
    ['Sec-WebSocket-Protocol: phoenix, phoenix', /Protocol: phoenix\r\n/],
    ['Sec-WebSocket-Extensions: permessage-deflate; foo=1', /101 (?!.*Extensions)/s]
  ] as const) {
    const answer = await talk(t, port, connect(fields), /\r\n\r\n/)
    t.match(answer, /101 Switching Protocols/, fields)
    t.match(answer, answered)
  }
})

t.test(
  'where it does not see that, the choice is the same, and what it cannot make out is refused',
  async (t) => {
    const { base, port } = await server(t, false)
    for (const [offered, chosen] of [
      [['base64url.bearer.phx.YQ', 'phoenix'], 'phoenix'],
      [['other', 'mqtt'], 'mqtt'],
      [['mqtt', 'phoenix'], 'phoenix'],
      [[], '']
    ] as const) {
      const ws = new WebSocket(`ws${base.slice(4)}/socket/websocket?vsn=2.0.0`, [...offered])
      await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject))
      t.equal(ws.protocol, chosen)
      t.equal(ws.extensions, 'permessage-deflate')
      ws.terminate()
    }
    for (const fields of [
      'Sec-WebSocket-Protocol: phoenix, phoenix',
      'Sec-WebSocket-Extensions: permessage-deflate; foo=1'
    ])
      t.match(await talk(t, port, connect(fields), /\r\n\r\n/), /^HTTP\/1.1 400 /, fields)
  }
)
