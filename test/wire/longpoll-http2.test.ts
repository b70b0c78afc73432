import { once } from 'node:events'
import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { MemoryEngine } from '../../lib/cluster/memory.js'
import phoenix from '../../plugins/phoenix.js'
import { sharedSecret } from '../fixtures/nodes.js'
import { options } from '../fixtures/server.js'
import { until } from '../fixtures/until.js'

const path = '/socket/longpoll?vsn=2.0.0'

async function ask(session: ClientHttp2Session, head: OutgoingHttpHeaders, body?: string) {
  const request = session.request(head)
  if (body !== undefined) request.end(body)
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

/** A member of a room over one HTTP/2 connection. */
async function setUp(t: Test) {
  const app = Fastify({ http2: true })
  await app.register(phoenix, { ...options, websocket: false })
  t.teardown(() => app.close())
  const session = connect(await app.listen({ host: '127.0.0.1', port: 0 }))
  t.teardown(() => session.destroy())
  const { token } = await ask(session, { ':path': path })
  const poll = { ':path': `${path}&token=${token}` }
  const post = { ...poll, ':method': 'POST', 'content-type': 'application/x-ndjson' }
  await ask(session, post, '["1","1","room:a","phx_join",{}]')
  await ask(session, poll)
  const say = (n: number): void => app.phoenix.broadcast('room:a', 'said', { n })
  /** Polls, and returns what was said since. */
  const heard = async (): Promise<number[]> => {
    const { messages } = await ask(session, poll)
    return messages.map((message: string) => JSON.parse(message)[4].n)
  }
  return { app, session, poll, say, heard }
}

t.test('over HTTP/2 each message is delivered once', async (t) => {
  const { say, heard } = await setUp(t)
  say(1)
  t.same(await heard(), [1])
  say(2)
  say(3)
  t.same(await heard(), [2, 3])
})

t.test('over HTTP/2 a poll that is broken off loses nothing', async (t) => {
  const { app, session, poll, say, heard } = await setUp(t)
  const arrived = once(app.server, 'request')
  const broken = session.request(poll)
  broken.on('error', () => {})
  const [, response] = await arrived
  const gone = once(response, 'close')
  broken.close(constants.NGHTTP2_CANCEL)
  await gone
  say(1)
  t.same(await heard(), [1])
})

t.test('over HTTP/2 an answer that its client gives up half-way comes again', async (t) => {
  const { session, poll, app, heard } = await setUp(t)
  // More than the window of a stream that is not read.
  app.phoenix.broadcast('room:a', 'said', { n: 1, fill: 'x'.repeat(500_000) })
  const broken = session.request(poll)
  broken.on('error', () => {})
  await once(broken, 'response')
  const closed = once(broken, 'close')
  broken.close(constants.NGHTTP2_CANCEL)
  await closed
  t.same(await heard(), [1])
})

t.test('over HTTP/2 a client that is gone before its poll is relayed leaves nothing behind', async (t) => {
  const engine = new MemoryEngine()
  let isHeld = false
  const start = async () => {
    const app = Fastify({ http2: true })
    // As one of the application that takes its time.
    app.addHook('onRequest', async (_request, { raw }) => {
      if (isHeld) await once(raw, 'close')
    })
    const longpoll = { secret: sharedSecret, maxBodyBytes: 100_000 }
    await app.register(phoenix, { ...options, websocket: false, cluster: engine.adapter(), longpoll })
    t.teardown(() => app.close())
    const session = connect(await app.listen({ host: '127.0.0.1', port: 0 }))
    t.teardown(() => session.destroy())
    return { app, session }
  }
  const holder = await start()
  const asked = await start()
  await until(() => asked.app.phoenix.nodes().length === 2 && holder.app.phoenix.nodes().length === 2)
  const { token } = await ask(holder.session, { ':path': path })
  const poll = { ':path': `${path}&token=${token}` }
  const post = { ...poll, ':method': 'POST', 'content-type': 'application/x-ndjson' }
  await ask(asked.session, post, '["1","1","room:a","phx_join",{}]')
  await ask(asked.session, poll)

  isHeld = true
  for (let n = 0; n < 5; n++) {
    holder.app.phoenix.broadcast('room:a', 'said', { n, fill: 'x'.repeat(30_000) })
    const arrived = once(asked.app.server, 'request')
    const broken = asked.session.request(poll)
    broken.on('error', () => {})
    await arrived
    broken.close(constants.NGHTTP2_CANCEL)
    await once(broken, 'close')
  }
  isHeld = false
  const { messages } = await ask(asked.session, poll)
  t.same(
    messages.map((message: string) => JSON.parse(message)[4].n),
    [0, 1, 2, 3, 4]
  )
  const large = JSON.stringify(['1', '2', 'room:a', 'large', { fill: 'x'.repeat(60_000) }])
  t.same(await ask(asked.session, post, large), { status: 200 }, 'there is room for bodies')
})
