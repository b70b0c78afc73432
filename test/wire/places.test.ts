import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { WebSocket } from 'ws'
import { defineChannel } from '../../plugins/phoenix.js'
import { connectRaw, RawClient, refusal } from '../fixtures/raw-client.js'
import { startServer } from '../fixtures/server.js'
import { connectSilent } from '../fixtures/silent-client.js'

const limits = { socketsPerUser: 2, signOfLifeMs: 300 }
/** Nothing may come of it within the test. */
const never = { socketsPerUser: 2, signOfLifeMs: 600_000 }
const alice = 'user_id=alice'

interface Poll {
  status: number
  token?: string
}

function count(app: FastifyInstance): Promise<number> {
  return new Promise((resolve) => app.server.getConnections((_err, connections) => resolve(connections)))
}

async function poll(base: string, query: string): Promise<Poll> {
  return (await (await fetch(`${base}/socket/longpoll?vsn=2.0.0&${query}`)).json()) as Poll
}

t.test('WebSockets whose network has gone make room for new ones', async (t) => {
  const { app, url, port } = await startServer(t, { limits })
  for (let i = 0; i < 2; i++) await connectSilent(t, port, alice)
  t.ok(await (await connectRaw(t, url, alice)).isAlive())
  t.equal(app.phoenix.stats.silentClosed, 2)
  t.equal(app.phoenix.socketCount, 1)
  t.ok(await (await connectRaw(t, url, alice)).isAlive(), 'also for the next one, at once')
})

t.test(
  'a living socket is never closed for a new one, and the refusal comes as soon as all have answered',
  async (t) => {
    // Whoever waited for the time to be over would run into the limit of the test.
    const { app, url } = await startServer(t, { limits: { socketsPerUser: 2, signOfLifeMs: 600_000 } })
    const [first, second] = [await connectRaw(t, url, alice), await connectRaw(t, url, alice)]
    t.equal(await refusal(url, alice), 403)
    t.ok((await first.isAlive()) && (await second.isAlive()))
    t.equal(app.phoenix.stats.silentClosed, 0)
  }
)

t.test('a client that has not read as far as the question lives while it reads', async (t) => {
  const room = defineChannel({ join: () => ({ status: 'ok', response: { fill: 'x'.repeat(3_000_000) } }) })
  const own = { limits: { socketsPerUser: 1, signOfLifeMs: 3_000 }, channels: { 'room:*': room } }
  const { app, url } = await startServer(t, own)
  const slow = new WebSocket(`${url}/websocket?vsn=2.0.0&${alice}`)
  t.teardown(() => slow.terminate())
  await once(slow, 'open')
  const { _socket: connection } = slow as unknown as { _socket: Socket }
  connection.on('data', () => slow.pause())
  const reading = setInterval(() => slow.resume(), 200)
  t.teardown(() => clearInterval(reading))
  let isAnswered = false
  slow.on('ping', () => {
    isAnswered = true
  })
  slow.send('["1","1","room:a","phx_join",{}]')
  await once(connection, 'data')
  t.equal(await refusal(url, alice), 403)
  t.notOk(isAnswered)
  t.equal(app.phoenix.stats.silentClosed, 0)
  t.equal(slow.readyState, WebSocket.OPEN)
})

t.test('of several the silent one goes, wherever it stands', async (t) => {
  const { app, url, port } = await startServer(t, { limits: { ...limits, socketsPerUser: 3 } })
  const first = await connectRaw(t, url, alice)
  await connectSilent(t, port, alice)
  const third = await connectRaw(t, url, alice)
  t.ok(await (await connectRaw(t, url, alice)).isAlive())
  t.ok((await first.isAlive()) && (await third.isAlive()))
  t.equal(app.phoenix.stats.silentClosed, 1)
})

t.test(
  'long-poll sessions that nobody polls any more make room: a page that was loaded again and again',
  async (t) => {
    const { app, base } = await startServer(t, { limits })
    for (let i = 0; i < 5; i++) t.equal((await poll(base, alice)).status, 410, `load ${i}`)
    t.ok(app.phoenix.socketCount <= 2)
  }
)

t.test('a long-poll client that polls keeps its place', async (t) => {
  const { app, base, url } = await startServer(t, { limits: { ...limits, socketsPerUser: 1 } })
  const { token } = await poll(base, alice)
  let status = 204
  let polls = 0
  const polling = (async () => {
    while (status === 204) {
      polls++
      status = (await poll(base, `token=${encodeURIComponent(String(token))}`)).status
    }
  })()
  while (polls === 0) await new Promise(setImmediate)
  t.equal(await refusal(url, alice), 403)
  t.equal(status, 204)
  t.equal(app.phoenix.socketCount, 1)
  app.phoenix.disconnect('user_socket:alice')
  await polling
  t.equal(status, 410)
})

t.test('as many may wait as there are places, and the others are refused at once', async (t) => {
  const { app, url, port } = await startServer(t, { limits })
  for (let i = 0; i < 2; i++) await connectSilent(t, port, alice)
  const outcomes = await Promise.all(Array.from({ length: 6 }, () => refusal(url, alice)))
  t.equal(outcomes.filter((status) => status === undefined).length, 2)
  t.equal(outcomes.filter((status) => status === 403).length, 4)
  t.equal(app.phoenix.stats.silentClosed, 2)
})

t.test('whoever waits gets the place of a client that goes', async (t) => {
  const { url, port } = await startServer(t, { limits: never })
  const [first] = [await connectRaw(t, url, alice), await connectSilent(t, port, alice)]
  const waiting = connectRaw(t, url, alice)
  first.ws.close()
  t.ok(await (await waiting).isAlive())
})

t.test('a long-poll client that went away while it waited takes no place', async (t) => {
  const { app, base, url, port } = await startServer(t, { limits: never })
  const first = await connectSilent(t, port, alice)
  await connectSilent(t, port, alice)
  const gone = new AbortController()
  const waiting = fetch(`${base}/socket/longpoll?vsn=2.0.0&${alice}`, { signal: gone.signal })
  // Asked about when it is waiting for sure: behind it the connects of the same server are refused.
  const behind = [refusal(url, alice), refusal(url, alice)]
  t.equal(await Promise.race(behind), 403)
  const connections = await count(app)
  gone.abort()
  await t.rejects(waiting)
  while ((await count(app)) === connections) await new Promise(setImmediate)
  first.destroy()
  t.equal((await Promise.all(behind)).filter((status) => status === undefined).length, 1)
  t.equal(app.phoenix.stats.silentClosed, 0)
})

t.test('a server that closes refuses those who wait', async (t) => {
  const { app, url, port } = await startServer(t, { limits: never })
  const silent = [await connectSilent(t, port, alice), await connectSilent(t, port, alice)]
  const waiting = [refusal(url, alice), refusal(url, alice), refusal(url, alice)]
  t.equal(await Promise.race(waiting), 403)
  const closing = app.close()
  const outcomes = await Promise.all(waiting)
  t.equal(outcomes.filter((status) => status === 503).length, 2)
  for (const tcp of silent) tcp.destroy()
  await closing
})

t.test('a socket that the server closes has no place any more, whenever its client answers', async (t) => {
  const { app, url, port } = await startServer(t, { limits: never })
  for (let i = 0; i < 2; i++) await connectSilent(t, port, alice)
  app.phoenix.disconnect('user_socket:alice')
  for (let i = 0; i < 2; i++) t.ok(await (await connectRaw(t, url, alice)).isAlive())
})

t.test('a client that was refused for what it sent has no place any more', async (t) => {
  const { url } = await startServer(t, { limits: { socketsPerUser: 1, signOfLifeMs: 0 } })
  const client = await connectRaw(t, url, alice)
  client.ws.send('oops')
  t.equal(await client.closed, 1011)
  t.ok(await (await connectRaw(t, url, alice)).isAlive())
})

t.test('a sign of life may be turned off: then nobody is asked', async (t) => {
  const { url, port } = await startServer(t, { limits: { socketsPerUser: 1, signOfLifeMs: 0 } })
  await connectSilent(t, port, alice)
  t.equal(await refusal(url, alice), 403)
})

t.test('a socket that the server itself does not read is not taken for silent', async (t) => {
  const hang = new Promise<void>(() => {})
  const { app, url } = await startServer(t, {
    limits: { ...limits, socketsPerUser: 1, events: { count: 0, windowMs: 1 } },
    drain: { shutdownMs: 100 },
    channels: { '*': { join: () => ({ status: 'ok' }), handleIn: () => hang } }
  })
  const busy = await connectRaw(t, url, alice)
  await busy.join('room:1')
  for (let i = 0; i < 1000; i++) busy.send('1', `${i}`, 'room:1', 'x', {})
  const other = new RawClient(`${url}/websocket?vsn=2.0.0&user_id=bob`)
  await once(other.ws, 'open')
  t.equal(await refusal(url, alice), 403)
  t.equal(app.phoenix.socketCount, 2)
  other.ws.terminate()
})
