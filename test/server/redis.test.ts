import { Presence } from 'phoenix'
import t, { type Test } from 'tap'
import { devToken } from '../fixtures/dev-token.js'
import { join, openPhoenix } from '../fixtures/phoenix-client.js'
import { patience } from '../fixtures/redis-nodes.js'
import { noRedis, RedisServer } from '../fixtures/redis-server.js'
import { program, type RunningServer, startServer } from '../fixtures/server-process.js'

const skip = noRedis()

/** Joins a room of a server, and returns the channel with what its client hears. */
async function member(t: Test, { url }: RunningServer, userId: string) {
  const token = await devToken(url, userId)
  const socket = openPhoenix(`${url}/socket`, { params: { token } })
  t.teardown(() => socket.disconnect())
  const channel = socket.channel('room:1')
  const heard: unknown[] = []
  channel.on('said', (payload: unknown) => void heard.push(payload))
  const presence = new Presence(channel)
  t.equal((await join(channel)).status, 'ok')
  return { channel, heard, present: () => presence.list((key) => key).sort() }
}

t.test('servers with one REDIS_URL are a cluster, and so are their workers', { skip }, async (t) => {
  const redis = await RedisServer.start(t)
  const env = { REDIS_URL: redis.url, TOKEN_SECRET: 'a secret that all of them share', DEV_LOGIN: 'on' }
  const servers = await Promise.all([
    startServer(t, program, { env }),
    startServer(t, program, { env, args: ['--workers', '2'] })
  ])
  const [here, there] = servers as [RunningServer, RunningServer]
  const alice = await member(t, here, 'alice')
  const others = [await member(t, there, 'bob'), await member(t, there, 'carol')]
  alice.channel.push('said', { text: 'hello' })
  await patience.until('all hear it', () => others.every(({ heard }) => heard.length > 0))
  t.match(
    others.map(({ heard }) => heard),
    [[{ text: 'hello' }], [{ text: 'hello' }]]
  )
  await patience.until('all see all', () =>
    [alice, ...others].every(({ present }) => present().join() === 'alice,bob,carol')
  )
})

t.test('a server of many that has a secret of its own says what does not work', { skip }, async (t) => {
  const redis = await RedisServer.start(t)
  const env = { REDIS_URL: redis.url }
  const warning = /without TOKEN_SECRET, other servers take neither the tokens nor the long-poll sessions/
  const own = await startServer(t, program, { env })
  t.match(own.stderr(), warning)
  const shared = await startServer(t, program, { env: { ...env, TOKEN_SECRET: 'x'.repeat(32) } })
  t.notMatch(shared.stderr(), warning)
  const alone = await startServer(t, program)
  t.notMatch(alone.stderr(), warning)
})
