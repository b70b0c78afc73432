import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { connectRaw } from '../fixtures/raw-client.js'
import { startServer } from '../fixtures/server.js'
import { deferred } from '../fixtures/test-socket.js'

const url = '/socket/longpoll?vsn=2.0.0'

async function start(app: FastifyInstance, query = ''): Promise<{ status: number; token?: string }> {
  return (await app.inject(url + query)).json()
}

t.test('there are so many sessions at the most, whoever they belong to', async (t) => {
  const { app } = await startServer(t, { id: () => 'user_socket:alice', longpoll: { maxSessions: 2 } })
  const { token } = await start(app)
  t.equal((await start(app)).status, 410)
  t.same(await start(app), { status: 403 })
  t.equal(app.phoenix.socketCount, 2)

  const headers = { 'content-type': 'application/x-ndjson' }
  const broken = { method: 'POST', url: `${url}&token=${token}`, headers, payload: 'no message' } as const
  t.same((await app.inject(broken)).json(), { status: 410 })
  t.equal((await start(app)).status, 410, 'a session that ended has left its place')
})

t.test('those that are let in at the same time count, and keep no place of their user', async (t) => {
  const gates = [deferred<object>(), deferred<object>()]
  const asked = [deferred(), deferred()]
  const { app, url: socketUrl } = await startServer(t, {
    limits: { socketsPerUser: 2 },
    id: () => 'user_socket:alice',
    longpoll: { maxSessions: 1 },
    connect(params) {
      const n = Number(params.n)
      asked[n]?.resolve()
      return gates[n]?.promise ?? {}
    }
  })
  const both = [start(app, '&n=0'), start(app, '&n=1')]
  await Promise.all(asked.map(({ promise }) => promise))
  for (const { resolve } of gates) resolve({})
  const statuses = (await Promise.all(both)).map(({ status }) => status)
  t.same(statuses, [410, 403])
  t.equal(app.phoenix.socketCount, 1)
  await connectRaw(t, socketUrl)
  t.equal(app.phoenix.socketCount, 2)
})
