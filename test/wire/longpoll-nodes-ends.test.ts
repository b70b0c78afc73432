import { once } from 'node:events'
import { type ClientRequest, get } from 'node:http'
import t from 'tap'
import { startNodes } from '../fixtures/nodes.js'
import { connectPhoenix, join, next, rejoined } from '../fixtures/phoenix-client.js'
import type { TestServer } from '../fixtures/server.js'
import { spreadOver } from '../fixtures/spread.js'
import { until } from '../fixtures/until.js'

type Three = [TestServer, TestServer, TestServer]

const path = '/socket/longpoll?vsn=2.0.0'
const headers = { 'content-type': 'application/x-ndjson' }
const joining = '["1","1","room:a","phx_join",{}]'

const begin = async ({ app }: TestServer): Promise<string> => (await app.inject(path)).json().token
const poll = async ({ app }: TestServer, token: string) => (await app.inject(`${path}&token=${token}`)).json()
const post = async ({ app }: TestServer, token: string, payload = joining): Promise<number> =>
  (await app.inject({ method: 'POST', url: `${path}&token=${token}`, headers, payload })).json().status

t.test('a client whose node closes gets the last words, comes back and joins again', async (t) => {
  const { nodes, ports } = await startNodes(t, 3)
  const spread = await spreadOver(t, ports)
  const socket = connectPhoenix(t, spread.url, { transport: 'longpoll' })
  const channel = socket.channel('room:a')
  await join(channel)
  const holder = nodes.find(({ app }) => app.phoenix.socketCount === 1) as TestServer
  const others = nodes.filter((node) => node !== holder)
  const again = rejoined(channel)
  spread.remove(holder.port)
  await holder.app.close()
  await again
  const heard = next(channel, 'news')
  others[0]?.app.phoenix.broadcast('room:a', 'news', { x: 1 })
  t.same(await heard, { x: 1 })
})

t.test('a session of a node that has gone is gone at once', async (t) => {
  const { nodes } = await startNodes(t, 2)
  const [a, b] = nodes as [TestServer, TestServer]
  const token = await begin(a)
  t.equal(await post(b, token), 200)
  t.equal((await poll(b, token)).status, 200)
  const waiting = poll(b, token)
  await until(() => a.app.phoenix.nodes().length === 2)
  await a.app.close()
  const { status, messages } = await waiting
  t.ok(status === 200 || status === 410, 'the last words, or the end')
  if (status === 200) t.match(messages, [/phx_close|phx_error/])
  t.equal(await post(b, token), 410)
  t.equal((await poll(b, token)).status, 410)
})

t.test('a node that does not answer is not waited for without end', async (t) => {
  const { engine, nodes } = await startNodes(t, 2)
  const [a, b] = nodes as [TestServer, TestServer]
  const token = await begin(a)
  engine.freeze()
  const [polled, posted] = await Promise.all([poll(b, token), post(b, token)])
  t.equal(polled.status, 410)
  t.equal(posted, 410)
  engine.restore()
})

t.test(
  'what is asked while the engine is away is gone at once, and sessions that are here go on',
  async (t) => {
    const { engine, nodes } = await startNodes(t, 2)
    const [a, b] = nodes as [TestServer, TestServer]
    const token = await begin(a)
    engine.kill()
    t.equal(await post(b, token), 410)
    t.equal(await post(a, token), 200)
    t.equal((await poll(a, token)).status, 200)
  }
)

t.test('an engine that comes back finds the session as it was', async (t) => {
  const { engine, nodes } = await startNodes(t, 2)
  const [a, b] = nodes as [TestServer, TestServer]
  const token = await begin(a)
  t.equal(await post(b, token), 200)
  engine.kill()
  engine.restore()
  // Own signs of life have to be heard again first.
  await until(async () => (await post(b, token, '["1","2","room:a","ping",{"x":1}]')) === 200)
  const { messages } = await poll(b, token)
  t.match(messages, [/phx_join|phx_reply/, /phx_reply/])
})

/** Polls over a connection that can be broken off. */
function pollOff({ port }: TestServer, token: string): ClientRequest {
  return get({ port, host: '127.0.0.1', path: `${path}&token=${token}` }).on('error', () => {})
}

t.test('a node that closes lets the clients of other nodes go on elsewhere', async (t) => {
  // Longer than this test may take: closing does not wait for the end of their windows.
  const { nodes } = await startNodes(t, 3, { longpoll: { windowMs: 600_000 } })
  const [a, b, c] = nodes as Three
  const token = await begin(a)
  await post(c, token)
  t.equal((await poll(c, token)).status, 200)
  const request = pollOff(b, token)
  const answered = once(request, 'response')
  await once(b.app.server, 'request')
  await b.app.close()
  const [response] = await answered
  response.resume()
  a.app.phoenix.broadcast('room:a', 'news', { x: 1 })
  t.match((await poll(c, token)).messages, [/news/])
})

t.test('a poll whose client goes ends at the node that holds the session', async (t) => {
  const { nodes } = await startNodes(t, 2, { longpoll: { windowMs: 400 } })
  const [a, b] = nodes as [TestServer, TestServer]
  const token = await begin(a)
  const request = pollOff(b, token)
  await once(b.app.server, 'request')
  request.destroy()
  await until(() => a.app.phoenix.socketCount === 0)
})
