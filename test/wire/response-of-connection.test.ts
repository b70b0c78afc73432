import { once } from 'node:events'
import { createServer, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import phoenix from '../../plugins/phoenix.js'
import { answersOf } from '../../plugins/response-of-connection.js'
import { connectRaw } from '../fixtures/raw-client.js'
import { h2c, talk, upgrade } from '../fixtures/raw-http.js'
import { listen, options } from '../fixtures/server.js'
import { deferred } from '../fixtures/test-socket.js'
import { replace } from '../fixtures/without.js'

t.test('this Node notes at a connection what it answers, and takes it off again', async (t) => {
  const server = createServer()
  answersOf(server)
  t.equal(server.listenerCount('request'), 0, 'nothing has to be counted')
  for (const name of ['assignSocket', 'detachSocket'] as const)
    t.type(ServerResponse.prototype[name], 'function')
})

/** A server of a Node that does not note at streams what they are busy with. */
async function countingServer(t: Test, mount: object = {}) {
  const app = Fastify()
  const { assignSocket } = ServerResponse.prototype
  const giveBack = replace(
    t,
    ServerResponse.prototype,
    'assignSocket',
    function (this: ServerResponse, socket: Socket) {
      assignSocket.call(this, socket)
      if (!(socket instanceof Socket)) Object.assign(socket, { _httpMessage: null })
    }
  )
  await app.register(phoenix, { ...options, ...mount })
  giveBack()
  t.equal(app.server.listenerCount('request'), 2)
  app.get('/slow', async () => new Promise((resolve) => setImmediate(() => resolve({ slow: true }))))
  return listen(t, app)
}

t.test('where Node does not, answers still go out in their order, a WebSocket behind them', async (t) => {
  const { app, port } = await countingServer(t)
  const slow = 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n'
  const connect = `GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\n${upgrade}`
  const answers = await talk(t, port, slow.repeat(3) + connect, /101 Switching Protocols/)
  t.equal(answers.split('200 OK').length - 1, 3)
  t.equal(answers.split('HTTP/1.1').length - 1, 4)
  t.equal(app.phoenix.socketCount, 1)
  t.match(await talk(t, port, `GET /slow HTTP/1.1\r\n${h2c}\r\n`, /\}/), /200 OK/)
})

t.test(
  'where Node does not, time ends the connection of an upgrade that was answered, and of no other',
  async (t) => {
    const asked = deferred()
    const decision = deferred<null>()
    const connect = ({ held }: { held?: unknown }) => {
      if (held === undefined) return {}
      asked.resolve()
      return decision.promise
    }
    const { app, url } = await countingServer(t, { connect })
    const timeOuts: (number | undefined)[] = []
    const connections: Socket[] = []
    app.server.on('connection', (socket: Socket) => connections.push(socket))
    const client = await connectRaw(t, url)
    timeOuts.push(connections[0]?.timeout)
    const refused = connectRaw(t, url, 'held=1')
    refused.catch(() => {})
    await asked.promise
    timeOuts.push(connections[1]?.timeout)
    t.same(timeOuts, [0, 60_000])
    const [, held] = connections as [Socket, Socket]
    held.emit('timeout')
    t.ok(held.destroyed)
    decision.resolve(null)
    t.ok(await client.isAlive())
  }
)

t.test('where a response cannot be taken off its connection, its socket is served with it', async (t) => {
  replace(t, ServerResponse.prototype, 'detachSocket', undefined)
  const app = Fastify()
  await app.register(phoenix, options)
  const { url } = await listen(t, app)
  const client = await connectRaw(t, url)
  await client.join('room:a')
  t.ok(await client.isAlive())
})

t.test(
  'where a response cannot be put on a connection, a request whose body was read is refused',
  async (t) => {
    const app = Fastify()
    await app.register(phoenix, options)
    const { port } = await listen(t, app)
    const connected = once(app.server, 'connection')
    const answer = talk(t, port, 'GET / HTTP/1.1\r\n', /\r\n\r\n/)
    const [connection] = (await connected) as [Socket]
    replace(t, ServerResponse.prototype, 'assignSocket', undefined)
    // As newer Node hands them out.
    const request = {
      method: 'POST',
      url: '/socket/longpoll',
      headers: {},
      rawHeaders: [],
      readableLength: 1
    }
    app.server.emit('upgrade', { ...request, socket: connection }, connection, Buffer.alloc(0))
    t.match(await answer, /^HTTP\/1.1 501 /)
  }
)
