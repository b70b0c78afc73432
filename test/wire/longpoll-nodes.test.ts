import Fastify from 'fastify'
import t from 'tap'
import { MemoryEngine } from '../../lib/cluster/memory.js'
import { SessionTokens } from '../../lib/transport/session-token.js'
import phoenix, { defineChannel } from '../../plugins/phoenix.js'
import { sharedSecret, startNodes } from '../fixtures/nodes.js'
import { answer, connectPhoenix, join, next, push } from '../fixtures/phoenix-client.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'
import { listen, options, type TestServer } from '../fixtures/server.js'
import { spreadOver } from '../fixtures/spread.js'
import { until } from '../fixtures/until.js'

const megabyte = 'é'.repeat(600_000)

const room = defineChannel({
  join: () => ({ status: 'ok', response: { fill: megabyte } }),
  handleIn: {
    ping: (payload: object) => ({ status: 'ok', response: payload }),
    size: (payload: Uint8Array | { fill: string }) => ({
      status: 'ok',
      response: {
        bytes: payload instanceof Uint8Array ? [...payload] : null,
        size: payload instanceof Uint8Array ? payload.length : payload.fill.length
      }
    }),
    shout: (payload: object, channel) => channel.broadcast('shout', payload)
  }
})

const channels = { 'room:*': room }
const limits = { frameBytes: 4 * 1024 * 1024, events: { count: 10_000, windowMs: 1000 } }

t.test('phoenix.js whose requests each reach another node is served as by one', async (t) => {
  const { nodes, ports } = await startNodes(t, 3, { channels, limits })
  const spread = await spreadOver(t, ports)
  const socket = connectPhoenix(t, spread.url, { transport: 'longpoll', params: { user_id: 'alice' } })
  const channel = socket.channel('room:a')
  const joined = await join(channel)
  t.equal(joined.status, 'ok')
  t.equal(joined.response.fill, megabyte, 'a large reply to a join')
  t.same((await push(channel, 'ping', { x: 1 })).response, { x: 1 })

  const fill = 'y'.repeat(1024 * 1024)
  t.equal((await push(channel, 'size', { fill })).response.size, fill.length, 'a large push')
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
  const binary = await answer(channel.push('size', bytes.buffer as unknown as object))
  t.same(binary.response, { bytes: [...bytes], size: 256 })
  const large = new Uint8Array(300_000).fill(7)
  t.equal((await answer(channel.push('size', large.buffer as unknown as object))).response.size, 300_000)

  const heard: number[] = []
  const all = new Promise<void>((resolve) => {
    channel.on('news', ({ n }) => {
      if (heard.push(n) === 600) resolve()
    })
  })
  for (let n = 0; n < 600; n++) {
    nodes[0]?.app.phoenix.broadcast('room:a', 'news', { n })
    if (n % 20 === 0) await push(channel, 'ping', { n })
  }
  await all
  t.same(heard, [...heard.keys()], 'each once, in order')
  const shouted: number[] = []
  const shouts = new Promise<void>((resolve) => {
    channel.on('shout', ({ n }) => {
      if (shouted.push(n) === 300) resolve()
    })
  })
  for (let n = 0; n < 300; n++) channel.push('shout', { n })
  await shouts
  t.same(shouted, [...shouted.keys()], 'what a client pushes is taken in order')
  t.ok(
    ports.every((port) => Number(spread.counts.get(port)) > 10),
    'all nodes were asked'
  )
  t.equal(
    nodes.reduce((sum, { app }) => sum + app.phoenix.socketCount, 0),
    1
  )
})

t.test('WebSockets reach one node after the other, and members hear those of all', async (t) => {
  const { ports } = await startNodes(t, 3, { channels, limits })
  const spread = await spreadOver(t, ports)
  const rooms = ports.map(() => connectPhoenix(t, spread.url).channel('room:a'))
  for (const room of rooms) t.equal((await join(room)).status, 'ok')
  t.same([...spread.counts.values()], [1, 1, 1])
  const heard = rooms.map((room) => next(room, 'shout'))
  rooms[0]?.push('shout', { n: 1 })
  t.same(await Promise.all(heard), [{ n: 1 }, { n: 1 }, { n: 1 }])
})

const head = { 'content-type': 'application/x-ndjson' }
const url = '/socket/longpoll?vsn=2.0.0'
const joining = '["1","1","room:a","phx_join",{}]'

t.test('an answer looks the same from every node, and each checks origins itself', async (t) => {
  const { nodes } = await startNodes(t, 2)
  const [a, b] = nodes as [TestServer, TestServer]
  const { token } = (await a.app.inject(url)).json()
  const target = `${url}&token=${token}`
  const look = async ({ app }: TestServer, method: 'GET' | 'POST'): Promise<unknown> => {
    const payload = '["1","1","room:a","ping",{}]'
    const response = await app.inject({
      method,
      url: target,
      ...(method === 'POST' && { headers: head, payload })
    })
    const { date, ...headers } = response.headers
    return { status: response.statusCode, headers, body: response.body }
  }
  await a.app.inject({ method: 'POST', url: target, headers: head, payload: joining })
  await a.app.inject(target)
  t.same(await look(b, 'POST'), await look(a, 'POST'))
  await b.app.inject(target)
  const polls: unknown[] = []
  for (const node of [a, b]) {
    a.app.phoenix.broadcast('room:a', 'news', { text: '\u2028 é \ud800' })
    polls.push(await look(node, 'GET'))
  }
  t.same(polls[0], polls[1])
  const origin = 'https://elsewhere.example'
  t.same((await b.app.inject({ url: target, headers: { origin } })).json(), { status: 403 })
})

t.test('a token that no node has made, or for another mount, is answered as one that is over', async (t) => {
  const { nodes } = await startNodes(t, 2, {}, async (app) => {
    await app.register(phoenix, { ...options, path: '/other', longpoll: { secret: sharedSecret } })
  })
  const [a, b] = nodes as [TestServer, TestServer]
  const begin = async (at: TestServer, path = url): Promise<string> =>
    (await at.app.inject(path)).json().token
  const post = async (at: TestServer, token: string, path = url): Promise<number> => {
    const target = `${path}&token=${encodeURIComponent(token)}`
    const response = await at.app.inject({ method: 'POST', url: target, headers: head, payload: joining })
    return response.json().status
  }
  const token = await begin(a)
  t.ok(token.length < 80, 'a token is short')
  t.equal(await post(b, token), 200)
  const other = url.replace('/socket', '/other')
  t.equal(await post(a, token, other), 410)
  t.equal(await post(b, token, other), 410)
  t.equal(await post(a, await begin(b, other), other), 200, 'other mounts have sessions of their own')

  const [node, id, signature] = token.split('.') as [string, string, string]
  const forged = new SessionTokens(
    node,
    '/socket/longpoll',
    'another secret of at least 32 bytes ...'
  ).create()
  const wrong = [
    `${b.app.phoenix.node}.${id}.${signature}`,
    `${node}.${'A'.repeat(22)}.${signature}`,
    `${node}.${id}.${'A'.repeat(22)}`,
    `${node}.${id}`,
    `${token}.x`,
    forged,
    new SessionTokens(node, '/socket/longpoll', sharedSecret).create(),
    new SessionTokens('nobody', '/socket/longpoll', sharedSecret).create(),
    'nonsense',
    ''
  ]
  for (const each of wrong) {
    t.equal(await post(b, each), 410, each)
    const { status, token: fresh } = (await b.app.inject(`${url}&token=${encodeURIComponent(each)}`)).json()
    t.equal(status, 410)
    t.ok(fresh.startsWith(b.app.phoenix.node), 'a poll begins a session where it came to')
  }
})

t.test('nodes without a shared secret say so once, and do not serve the sessions of others', async (t) => {
  const logs = [new RecordingLogger(), new RecordingLogger()]
  const engine = new MemoryEngine()
  const nodes: TestServer[] = []
  for (const log of logs) {
    const app = Fastify()
    app.log = log as never
    await app.register(phoenix, { ...options, cluster: engine.adapter() })
    await app.register(phoenix, { ...options, path: '/other' })
    nodes.push(await listen(t, app))
  }
  const [a, b] = nodes as [TestServer, TestServer]
  await until(() => b.app.phoenix.nodes().length === 2)
  for (const log of logs) t.equal(log.messages('warn').filter((text) => /secret/.test(text)).length, 1)
  const { token } = (await a.app.inject(url)).json()
  const post = async ({ app }: TestServer): Promise<number> =>
    (
      await app.inject({ method: 'POST', url: `${url}&token=${token}`, headers: head, payload: joining })
    ).json().status
  t.equal(await post(b), 410)
  t.equal(await post(a), 200)
})

t.test('a secret that can be guessed is refused', async (t) => {
  for (const secret of ['x'.repeat(31), Buffer.alloc(31), 5, null, {}]) {
    const app = Fastify()
    const register = async () => app.register(phoenix, { ...options, longpoll: { secret: secret as string } })
    await t.rejects(register(), {
      code: 'PHX_ERR_OPTION_INVALID',
      message: /longpoll\.secret/
    })
    await app.close()
  }
})
