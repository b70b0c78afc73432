import { once } from 'node:events'
import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import phoenix from '../../plugins/phoenix.js'
import { options } from '../fixtures/server.js'

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
