import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { defineChannel } from '../../plugins/phoenix.js'
import { startServer, type TestServer } from '../fixtures/server.js'
import { deferred } from '../fixtures/test-socket.js'

const path = '/socket/longpoll?vsn=2.0.0'
const ndjson = 'Content-Type: application/x-ndjson\r\n'

async function session({ base }: TestServer): Promise<string> {
  const { token } = (await (await fetch(base + path)).json()) as { token: string }
  return `${path}&token=${token}`
}

/** Sends a head, and the body in part or not at all; what comes back is read with `answer`. */
function begin(t: Test, port: number, line: string, fields: string, body = ''): Socket {
  const tcp = connect(port, '127.0.0.1')
  t.teardown(() => tcp.destroy())
  tcp.on('error', () => {})
  tcp.write(`${line} HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`)
  return tcp
}

async function answer(tcp: Socket): Promise<string> {
  let text = ''
  while (!/\r\n\r\n/.test(text)) text += (await once(tcp, 'data'))[0]
  return text
}

const length = 'Content-Length: 1000000\r\n'
const chunked = 'Transfer-Encoding: chunked\r\n'
const refusedBodies: [string, string, string, RegExp][] = [
  ['of a session that is not there', `POST ${path}&token=none`, ndjson, /"status":410/],
  ['without a token', `POST ${path}`, ndjson, /"status":410/],
  [
    'of an origin that is refused',
    `POST ${path}&token=none`,
    'Origin: http://evil.example\r\n',
    /"status":403/
  ],
  ['of a method that is refused', `PUT ${path}`, '', /HTTP\/1.1 400/],
  ['of a new session', `GET ${path}`, '', /"status":410/],
  ['of a preflight', `OPTIONS ${path}`, '', /HTTP\/1.1 200/],
  ['of a POST to the WebSocket', 'POST /socket/websocket?vsn=2.0.0', '', /HTTP\/1.1 400/],
  [
    'of an upgrade',
    'GET /socket/websocket?vsn=2.0.0',
    'Connection: Upgrade\r\nUpgrade: websocket\r\n',
    /HTTP\/1.1 400/
  ]
]
for (const [whose, line, fields, status] of refusedBodies) {
  t.test(`a body ${whose} is not waited for, and its connection ends when it does not come`, async (t) => {
    const { port } = await startServer(t, { longpoll: { bodyTimeoutMs: 50 } })
    for (const [announced, part] of [
      [length, 'x'],
      [chunked, '1\r\nx\r\n']
    ]) {
      const tcp = begin(t, port, line, fields + announced, part)
      t.match(await answer(tcp), status)
      if (!line.includes('websocket')) {
        tcp.resume()
        await once(tcp, 'close')
      }
    }
  })
}

t.test('a connection whose refused body comes to its end lives on', async (t) => {
  const { port } = await startServer(t)
  const tcp = begin(t, port, `POST ${path}&token=none`, 'Content-Length: 4\r\n', 'ab')
  t.match(await answer(tcp), /"status":410/)
  tcp.write(`cdGET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
  t.match(await answer(tcp), /200 OK[\s\S]*"status":410/)
})

t.test('a body that drips, or is shorter than it says, is given up in time', async (t) => {
  const server = await startServer(t, { longpoll: { bodyTimeoutMs: 50 } })
  const line = `POST ${await session(server)}`
  for (const [announced, part] of [
    [length, '["1"'],
    [chunked, '1\r\nx\r\n']
  ]) {
    const tcp = begin(t, server.port, line, ndjson + announced, part)
    t.match(await answer(tcp), /HTTP\/1.1 408[\s\S]*"status":408/)
    await once(tcp, 'close')
  }
})

t.test('a body that is too large is refused by what it says, and by what comes', async (t) => {
  const server = await startServer(t, { limits: { frameBytes: 1000 } })
  const line = `POST ${await session(server)}`
  t.match(await answer(begin(t, server.port, line, 'Content-Length: 8001\r\n')), /HTTP\/1.1 413/)
  const piece = `1f42\r\n${'x'.repeat(8002)}\r\n`
  t.match(await answer(begin(t, server.port, line, chunked, piece)), /HTTP\/1.1 413/)
  t.match(await (await fetch(server.base + line.slice(5), { method: 'POST', body: '' })).json(), {
    status: 200
  })
})

t.test('bodies of all sessions have one bound, and what was worked off counts no more', async (t) => {
  const server = await startServer(t, { longpoll: { maxBodyBytes: 1000 } })
  const held = begin(t, server.port, `POST ${await session(server)}`, ndjson + length, 'x'.repeat(900))
  const line = await session(server)
  const post = async () => {
    const body = `[null,"1","phoenix","heartbeat",{"fill":"${'x'.repeat(200)}"}]`
    return (
      await fetch(server.base + line, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body
      })
    ).status
  }
  let status = await post()
  // The body that is held may come a little later than the request behind it.
  while (status !== 503) status = await post()
  t.ok(server.app.phoenix.stats.refused.postBytes > 0)
  const [, gone] = [held.destroy(), once(held, 'close')]
  await gone
  while (status !== 200) status = await post()
  for (let i = 0; i < 20; i++) t.equal(await post(), 200)
})

t.test('a session has one POST at a time, and the others wait in their order', async (t) => {
  const events: string[] = []
  const gate = deferred<object>()
  const called = deferred()
  const room = defineChannel({
    async join() {
      called.resolve()
      await gate.promise
      return { status: 'ok' }
    },
    handleIn: {
      say: (payload) => void events.push((payload as { n: string }).n)
    }
  })
  const server = await startServer(t, { channels: { '*': room } })
  const url = server.base + (await session(server))
  const post = async (...frames: unknown[][]) => {
    const body = frames.map((frame) => JSON.stringify(frame)).join('\n')
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body
    })
    return ((await response.json()) as { status: number }).status
  }
  const arrivals = [once(server.app.server, 'request')]
  const joined = post(['1', '1', 'a', 'phx_join', {}])
  await called.promise
  const posts = []
  for (const n of ['a', 'b', 'c']) {
    arrivals.push(once(server.app.server, 'request'))
    posts.push(post(['1', '2', 'a', 'say', { n }]))
    await arrivals.at(-1)
  }
  t.same(events, [])
  gate.resolve({})
  t.same(await Promise.all([joined, ...posts]), [200, 200, 200, 200])
  t.same(events, ['a', 'b', 'c'])
})

t.test(
  'a POST that does not get its turn within the window is answered, and the session lives on',
  async (t) => {
    const server = await startServer(t, { longpoll: { windowMs: 100 } })
    const line = await session(server)
    begin(t, server.port, `POST ${line}`, ndjson + length, '["1"')
    const post = async () => {
      const response = await fetch(server.base + line, {
        method: 'POST',
        body: '[null,"1","phoenix","heartbeat",{}]'
      })
      return ((await response.json()) as { status: number }).status
    }
    let status = await post()
    while (status === 200) status = await post()
    t.equal(status, 408)
  }
)

t.test('a preflight of an origin that is refused allows nothing', async (t) => {
  const { base } = await startServer(t)
  const headers = { 'access-control-request-headers': 'content-type', origin: 'http://evil.example' }
  const response = await fetch(base + path, { method: 'OPTIONS', headers })
  t.equal(response.status, 403)
  t.equal(response.headers.get('access-control-allow-headers'), null)
  t.equal(response.headers.get('access-control-allow-methods'), null)
  t.same(await response.json(), { status: 403 })
})
