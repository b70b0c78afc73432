import { join } from 'node:path'
import t, { type Test } from 'tap'
import { redis } from '../../../lib/cluster/redis/redis.js'
import { certificate } from '../../fixtures/certificate.js'
import { patience, reaches, recordedNode, redisNode } from '../../fixtures/redis-nodes.js'
import { noRedis, RedisServer } from '../../fixtures/redis-server.js'

const skip = noRedis()

/** What a user of Redis has to be allowed, and no more. */
const enough = ['resetchannels', '&phx:*', '-@all', '+ping', '+publish', '+subscribe', '+unsubscribe']

/** Why a start was refused, in its message. */
async function refusal(t: Test, options: Parameters<typeof redis>[0]): Promise<string> {
  const node = recordedNode(t, redis(options))
  let message = ''
  await t.rejects(
    node.adapter.start(node).catch((err: Error) => {
      message = err.message
      throw err
    }),
    { code: 'PHX_ERR_CLUSTER_UNREACHABLE' }
  )
  t.notMatch(message, /\n/)
  t.same(node.states, [])
  return message
}

t.test('a wrong password or none is told at the start, without the password', { skip }, async (t) => {
  const { port, url } = await RedisServer.start(t, { lines: () => ['requirepass right'] })
  const wrong = await refusal(t, { url: `redis://:topsecret@127.0.0.1:${port}` })
  t.match(wrong, 'Redis cannot be reached: WRONGPASS')
  t.notMatch(wrong, /topsecret/)
  t.match(await refusal(t, { url }), 'Redis cannot be reached: NOAUTH')
  const node = await redisNode(t, { url, client: { password: 'right' } }, ['c'])
  await reaches(node, node, 'c')
  await redisNode(t, { url: `redis://:right@127.0.0.1:${port}` })
})

t.test('a server that is not there is told', async (t) => {
  t.match(await refusal(t, { url: 'redis://localhost:1' }), /cannot be reached: connect ECONNREFUSED .*:1$/)
  t.match(await refusal(t, { url: 'redis://no.such.host.invalid' }), /no\.such\.host\.invalid/)
})

t.test('a user needs few rights, and the channels of the prefix alone', { skip }, async (t) => {
  const server = await RedisServer.start(t)
  await server.ask('ACL', 'SETUSER', 'app', 'on', '>secret', ...enough)
  const url = `redis://app:secret@127.0.0.1:${server.port}`
  const nodes = [await redisNode(t, { url }, ['c', 't:a']), await redisNode(t, { url }, ['c'])] as const
  await reaches(nodes[0], nodes[1], 'c')
  nodes[0].adapter.unsubscribe(['t:a'])
  t.match(await refusal(t, { url, prefix: 'other:' }), /NOPERM .*channel/)
  await server.ask('ACL', 'SETUSER', 'app', '-subscribe')
  t.match(await refusal(t, { url }), /NOPERM .*subscribe/)
})

t.test('claims take a few rights more; without them the rest goes on', { skip }, async (t) => {
  const server = await RedisServer.start(t)
  await server.ask('ACL', 'SETUSER', 'app', 'on', '>secret', ...enough)
  const { adapter } = await redisNode(t, { url: `redis://app:secret@127.0.0.1:${server.port}` }, ['c'])
  const name = { group: 'alice', key: 'k' }
  await t.rejects(async () => adapter.claims?.claim(name, 'mine', 1_000), { message: /NOPERM/ })
  t.ok(adapter.publish('c', Buffer.from('still there')))
  await server.ask('ACL', 'SETUSER', 'app', '~phx:once:*', '+set', '+mget', '+eval', '+get', '+del')
  t.equal(await adapter.claims?.claim(name, 'mine', 1_000), undefined)
  await adapter.claims?.settle(name, 'mine', 'done', 1_000, { bytes: Buffer.from([0, 255]), keepMs: 1_000 })
  t.same(await adapter.claims?.claim(name, 'theirs', 1_000), { claim: 'done', result: Buffer.from([0, 255]) })
  await adapter.claims?.release(name, 'done')
  t.equal(await server.ask('DBSIZE'), 0)
})

t.test('rights that are taken away make it down, and given again up', { skip }, async (t) => {
  const server = await RedisServer.start(t)
  await server.ask('ACL', 'SETUSER', 'app', 'on', '>secret', ...enough)
  const node = await redisNode(t, { url: `redis://app:secret@127.0.0.1:${server.port}` }, ['c'])
  await server.ask('ACL', 'SETUSER', 'app', '-publish')
  node.adapter.publish('c', Buffer.from('refused'))
  await patience.until('it is down', () => node.isDown)
  await server.ask('ACL', 'SETUSER', 'app', '+publish')
  await patience.until('it is up', () => !node.isDown)
  t.same(node.states, ['down', 'up'])
  await reaches(node, node, 'c')
})

t.test('connections are encrypted where the URL says so', { skip }, async (t) => {
  const folder = t.testdir({ key: certificate.key, cert: certificate.cert })
  const files = [`tls-cert-file ${join(folder, 'cert')}`, `tls-key-file ${join(folder, 'key')}`]
  const lines = (port: number): string[] => ['port 0', `tls-port ${port}`, ...files, 'tls-auth-clients no']
  const server = await RedisServer.start(t, { lines })
  const url = `rediss://localhost:${server.port}`
  const client = { socket: { tls: true as const, ca: certificate.cert, family: 4 } }
  const nodes = [await redisNode(t, { url, client }, ['c']), await redisNode(t, { url, client })] as const
  await reaches(nodes[1], nodes[0], 'c')
  t.match(await refusal(t, { url, client: { socket: { family: 4 } } }), /self.signed certificate/)
})

t.test('deployments of two prefixes share a server', { skip }, async (t) => {
  const { url } = await RedisServer.start(t)
  const one = await redisNode(t, { url, prefix: 'one:' }, ['c'])
  const two = await redisNode(t, { url, prefix: 'two:' }, ['c'])
  await one.publish('c', 'for one')
  await two.publish('c', 'for two')
  await patience.until('both have one', () => one.received.length > 0 && two.received.length > 0)
  t.same([one.texts('c'), two.texts('c')], [['for one'], ['for two']])
})

t.test('the second version of the protocol will do', { skip }, async (t) => {
  const { url } = await RedisServer.start(t)
  const node = await redisNode(t, { url, client: { RESP: 2 } as never }, ['c', 't:a'])
  await reaches(node, node, 'c')
  node.adapter.unsubscribe(['c', 't:a'])
  await node.adapter.subscribe(['t:b'])
  await reaches(node, node, 't:b')
  t.same(node.states, [])
})
