import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import t from 'tap'
import { connectRaw, refusal } from '../fixtures/raw-client.js'
import { startServer } from '../fixtures/server.js'

const stillServed = 'other clients are not affected'

t.test('a frame over 128 KiB closes its socket with 1009', async (t) => {
  const { url } = await startServer(t)
  const [greedy, other] = [await connectRaw(t, url), await connectRaw(t, url)]
  greedy.send(null, '1', 'phoenix', 'heartbeat', { fill: 'x'.repeat(127 * 1024) })
  t.match(await greedy.next(), [null, '1'])
  greedy.send(null, '2', 'phoenix', 'heartbeat', { fill: 'x'.repeat(128 * 1024) })
  t.equal(await greedy.closed, 1009)
  t.ok(await other.isAlive(), stillServed)
})

t.test('a frame in many pieces is over the limit as well', async (t) => {
  const { url } = await startServer(t)
  const greedy = await connectRaw(t, url)
  for (let i = 0; i < 20; i++) greedy.ws.send('x'.repeat(10_000), { fin: false })
  t.equal(await greedy.closed, 1009)
})

t.test(
  'a message in very many pieces closes its socket with 1008: each costs, and none of them counts',
  async (t) => {
    const { url } = await startServer(t)
    const client = await connectRaw(t, url)
    const inPieces = (count: number): void => {
      client.ws.send('[null,"alive","phoenix",', { fin: false })
      for (let i = 2; i < count; i++) client.ws.send('', { fin: false })
      client.ws.send('"heartbeat",{}]')
    }
    inPieces(200)
    t.match(await client.next(), [null, 'alive'])
    inPieces(2000)
    t.equal(await client.closed, 1008)
  }
)

t.test('a frame that grows when it is inflated is over the limit as well', async (t) => {
  const { url } = await startServer(t, { websocket: { compress: true } })
  const greedy = await connectRaw(t, url, '', { perMessageDeflate: true })
  greedy.ws.send('x'.repeat(10_000_000), { compress: true })
  t.equal(await greedy.closed, 1009)
})

t.test('frames that are no messages close their socket with 1011', async (t) => {
  const { url } = await startServer(t)
  const other = await connectRaw(t, url)
  for (const garbage of ['', 'x', '[]', '{}', Buffer.from([]), Buffer.from([9, 9, 9]), '['.repeat(100_000)]) {
    const client = await connectRaw(t, url)
    client.ws.send(garbage)
    t.equal(await client.closed, 1011)
  }
  t.ok(await other.isAlive(), stillServed)
})

t.test('text that is not UTF-8 closes its socket with 1007', async (t) => {
  const { url } = await startServer(t)
  const client = await connectRaw(t, url)
  client.ws.send(Buffer.from([0xff]), { binary: false })
  t.equal(await client.closed, 1007)
})

t.test('events over the limit are answered rate_limited, also on a new socket of the user', async (t) => {
  const { url } = await startServer(t, { limits: { events: { count: 3, windowMs: 60_000 } } })
  const client = await connectRaw(t, url, 'user_id=alice')
  await client.join('room:a')
  for (let i = 0; i < 4; i++) client.send('1', `p${i}`, 'room:a', 'ping', {})
  for (let i = 0; i < 3; i++)
    t.match(await client.next(), ['1', `p${i}`, 'room:a', 'phx_reply', { status: 'ok' }])
  const limited = { status: 'error', response: { error: 'rate_limited' } }
  t.same(await client.next(), ['1', 'p3', 'room:a', 'phx_reply', limited])
  t.same(await client.next(), ['1', '1', 'room:a', 'phx_close', {}])
  client.ws.close()
  await client.closed

  const again = await connectRaw(t, url, 'user_id=alice')
  await again.join('room:a')
  again.send('1', '2', 'room:a', 'ping', {})
  t.same(await again.next(), ['1', '2', 'room:a', 'phx_reply', limited])
  const bob = await connectRaw(t, url, 'user_id=bob')
  await bob.join('room:a')
  bob.send('1', '2', 'room:a', 'ping', {})
  t.match(await bob.next(), ['1', '2', 'room:a', 'phx_reply', { status: 'ok' }])
})

t.test('a user has so many sockets at the most, long-poll sessions included', async (t) => {
  const { url, base } = await startServer(t, { limits: { socketsPerUser: 2, signOfLifeMs: 0 } })
  const poll = async (user: string): Promise<{ status: number; token?: string }> => {
    const response = await fetch(`${base}/socket/longpoll?vsn=2.0.0&user_id=${user}`)
    return (await response.json()) as { status: number; token?: string }
  }
  const first = await connectRaw(t, url, 'user_id=alice')
  t.equal((await poll('alice')).status, 410)
  t.equal(await refusal(url, 'user_id=alice'), 403)
  t.same(await poll('alice'), { status: 403 })
  t.equal((await poll('bob')).status, 410)
  first.ws.close()
  await first.closed
  t.equal((await poll('alice')).status, 410, 'the place of a socket that ended is free')
  t.equal(await refusal(url, 'user_id=alice'), 403)
})

t.test('a refused upgrade does not keep a place', async (t) => {
  const { url, port } = await startServer(t, { limits: { socketsPerUser: 1 } })
  for (let i = 0; i < 3; i++) {
    // Let in by connect, if it came so far, but no upgrade that RFC 6455 knows.
    const tcp = connectTcp(port, '127.0.0.1')
    tcp.write(
      'GET /socket/websocket?vsn=2.0.0&user_id=alice HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n' +
        'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n'
    )
    const [answer] = (await once(tcp, 'data')) as [Buffer]
    t.match(answer.toString(), /^HTTP\/1\.1 400/)
    tcp.destroy()
  }
  t.ok(await (await connectRaw(t, url, 'user_id=alice')).isAlive())
})

t.test('a client that does not read is cut off, and what waits for it is bounded', async (t) => {
  const { app, url } = await startServer(t, { limits: { queuedBytes: 100_000 } })
  const [deaf, other] = [await connectRaw(t, url), await connectRaw(t, url)]
  await deaf.join('room:a')
  await other.join('room:a')
  deaf.ws.pause()
  const fill = 'x'.repeat(50_000)
  for (let sent = 0; app.phoenix.socketCount === 2 && sent < 1000; sent++) {
    app.phoenix.broadcast('room:a', 'news', { fill })
    t.equal(((await other.next()) as unknown[])[3], 'news')
  }
  t.equal(app.phoenix.socketCount, 1)
  t.ok(await other.isAlive(), stillServed)
})

t.test('a client that pings without reading the pongs is cut off', async (t) => {
  const { app, url } = await startServer(t, { limits: { queuedBytes: 10_000 } })
  const [deaf, other] = [await connectRaw(t, url), await connectRaw(t, url)]
  deaf.ws.pause()
  const tcp = deaf.connection
  const gone = new Promise((resolve) => tcp.once('close', resolve))
  const pings = (): void => {
    for (let i = 0; i < 2000 && !tcp.destroyed; i++) deaf.ws.ping('x'.repeat(125))
    if (!tcp.destroyed) setImmediate(pings)
  }
  tcp.on('error', () => {})
  pings()
  await gone
  do t.ok(await other.isAlive(), stillServed)
  while (app.phoenix.socketCount > 1)
})

t.test('a handler that throws what cannot be looked at leaves the server up, logging on', async (t) => {
  const lines: string[] = []
  const hostile = new Proxy({}, { get: fail, getPrototypeOf: fail, ownKeys: fail, has: fail })
  function fail(): never {
    throw new Error('looked at')
  }
  const { url } = await startServer(
    t,
    {
      channels: {
        '*': {
          join: () => ({ status: 'ok' }),
          handleIn: {
            throw() {
              throw hostile
            },
            reject: () => Promise.reject(hostile)
          }
        }
      }
    },
    { logger: { level: 'error', stream: { write: (line: string) => void lines.push(line) } } }
  )
  const client = await connectRaw(t, url)
  for (const event of ['throw', 'reject']) {
    await client.join('a')
    client.send('1', '2', 'a', event, {})
    t.same(await client.next(), ['1', '1', 'a', 'phx_error', { reason: 'channel_crash' }])
  }
  t.equal(lines.filter((line) => line.includes('channel crashed')).length, 2)
})

t.test('a client that is not read because its handler is slow can be disconnected at once', async (t) => {
  const { app, url } = await startServer(t, {
    limits: { events: { count: 0, windowMs: 1 } },
    channels: {
      '*': { join: () => ({ status: 'ok' }), handleIn: { wait: () => new Promise<void>(() => {}) } }
    }
  })
  const client = await connectRaw(t, url, 'user_id=alice')
  await client.join('a')
  for (let i = 0; i < 1000; i++) client.send('1', '2', 'a', 'wait', { fill: 'x'.repeat(1000) })
  await new Promise<void>((resolve) => client.ws.send('["1","3","a","wait",{}]', () => resolve()))
  app.phoenix.disconnect('user_socket:alice')
  t.equal(await client.closed, 1001)
  t.equal(app.phoenix.socketCount, 0)
})
