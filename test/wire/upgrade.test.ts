import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import Fastify from 'fastify'
import t from 'tap'
import phoenix from '../../plugins/phoenix.js'
import { connectRaw, refusal } from '../fixtures/raw-client.js'
import { listen, options } from '../fixtures/server.js'
import { deferred } from '../fixtures/test-socket.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

t.test('a socket that is open keeps neither its request nor its response', async (t) => {
  const app = Fastify()
  const kept: WeakRef<object>[] = []
  app.addHook('onRequest', async (request, reply) => {
    for (const one of [request, request.raw, reply, reply.raw]) kept.push(new WeakRef(one))
  })
  await app.register(phoenix, options)
  const { url } = await listen(t, app)
  const client = await connectRaw(t, url)
  await client.join('room:a')
  // Ends with tap's time limit where one of them stays.
  while (kept.some((one) => one.deref() !== undefined)) {
    await nextTurn()
    collectGarbage()
  }
  t.equal(kept.length, 4)
  t.ok(await client.isAlive())
})

t.test('whoever waits for the close of the response hears of it when the socket is gone', async (t) => {
  const app = Fastify()
  const closed = deferred()
  app.addHook('onRequest', async (_request, reply) => {
    reply.raw.once('close', () => closed.resolve())
  })
  await app.register(phoenix, options)
  const { url } = await listen(t, app)
  const client = await connectRaw(t, url)
  client.ws.close()
  await t.resolves(closed.promise)
})

t.test(
  'a client that is refused behind connect, by a hook of the application, gives its place back',
  async (t) => {
    const app = Fastify()
    app.addHook('preHandler', async (_request, reply) => reply.code(418).send())
    await app.register(phoenix, { ...options, limits: { socketsPerUser: 1 } })
    const { url } = await listen(t, app)
    // The place is free when the connection is gone, which is a little after the answer.
    for (const _ of [1, 2, 3]) {
      const connection = once(app.server, 'connection')
      t.equal(await refusal(url, 'user_id=alice'), 418)
      const [socket] = await connection
      if (!socket.closed) await once(socket, 'close')
    }
  }
)

t.test('a client whose upgrade another hook held up has one place, until it is gone', async (t) => {
  const app = Fastify()
  app.addHook('preHandler', () => nextTurn())
  await app.register(phoenix, { ...options, limits: { socketsPerUser: 1 } })
  const { url } = await listen(t, app)
  for (const _ of [1, 2]) {
    const connection = once(app.server, 'connection')
    const client = await connectRaw(t, url, 'user_id=alice')
    t.equal(await refusal(url, 'user_id=alice'), 403)
    const [socket] = await connection
    client.ws.close()
    if (!socket.closed) await once(socket, 'close')
  }
})
