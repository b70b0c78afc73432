import t, { type Test } from 'tap'
import { recoverable } from '../../lib/client/recoverable.js'
import { devToken } from '../fixtures/dev-token.js'
import { noNats, startNats } from '../fixtures/nats-server.js'
import { answer, connectPhoenix, join, push } from '../fixtures/phoenix-client.js'
import { noRedis, RedisServer } from '../fixtures/redis-server.js'
import { program, type RunningServer, startServer } from '../fixtures/server-process.js'

/** Joins `room:1`, and the user's own channel. */
async function member(t: Test, { url }: RunningServer, userId: string) {
  const token = await devToken(url, userId)
  const socket = connectPhoenix(t, `${url}/socket`, { params: { token } })
  const room = recoverable(socket, 'room:1')
  const heard: unknown[] = []
  room.on('say', (payload: unknown) => {
    heard.push(payload)
  })
  const { response } = await join(room)
  const user = await answer(recoverable(socket, `user:${userId}`).join())
  return { room, heard, response, user: user.response }
}

t.test('HISTORY keeps rooms and user channels', async (t) => {
  const server = await startServer(t, program, { env: { HISTORY: '100' } })
  const alice = await member(t, server, 'alice')
  t.match(alice.response, { phx_recover: { offset: 0, recovered: false, count: 0, epoch: String } })
  t.match(alice.user, { phx_recover: { offset: 0 } })
  t.equal((await push(alice.room, 'say', { text: 'hello' })).status, 'ok')
  const bob = await member(t, server, 'bob')
  t.match(bob.response, { phx_recover: { offset: 1 } })
})

t.test('without it nothing is kept', async (t) => {
  const { response } = await member(t, await startServer(t, program), 'alice')
  t.same(response, {})
})

for (const [what, skip, start] of [
  ['in Redis', noRedis(), async (t: Test) => ({ REDIS_URL: (await RedisServer.start(t)).url })],
  ['in NATS', noNats(), async (t: Test) => ({ NATS_URL: (await startNats(t)).url })]
] as const) {
  t.test(`${what}, for servers and their workers`, { skip }, async (t) => {
    const engine = await start(t)
    const env = {
      HISTORY: '10',
      ...engine,
      TOKEN_SECRET: 'a secret that all of them share',
      DEV_LOGIN: 'on'
    }
    const server = await startServer(t, program, { env, args: ['--workers', '2'] })
    const alice = await member(t, server, 'alice')
    t.equal((await push(alice.room, 'say', { text: 'hello' })).status, 'ok')
    const other = await startServer(t, program, { env })
    const bob = await member(t, other, 'bob')
    t.match(bob.response, { phx_recover: { offset: 1 } })
  })
}
