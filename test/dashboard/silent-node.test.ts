import t from 'tap'
import { startClusterNode } from '../fixtures/cluster-processes.js'
import { join, next } from '../fixtures/phoenix-client.js'
import { noRedis, RedisServer } from '../fixtures/redis-server.js'
import { until } from '../fixtures/until.js'
import { open, openAdmin, token } from './helpers.js'

interface Row {
  readonly node: string
  readonly state: string
  readonly silentSince: number | null
}

t.test('a node that stands still is named, and the rest is shown', { skip: noRedis() }, async (t) => {
  const redis = await RedisServer.start(t)
  const settings = { engine: 'redis', address: redis.url, dashboardToken: token } as const
  const first = await startClusterNode(t, settings)
  const others = [await startClusterNode(t, settings), await startClusterNode(t, settings)]
  const stopped = others[1] as (typeof others)[number]
  const watchers = await Promise.all([first, ...others].map((node, index) => node.watch(`user-${index}`)))
  t.equal(watchers.length, 3)

  const admin = openAdmin(t, `http://127.0.0.1:${first.port}`)
  const cluster = await open(admin, 'cluster')
  let rows: Row[] = cluster.reply.response.nodes
  const heard = async (): Promise<void> => {
    rows = (await next(cluster.channel, 'nodes')).nodes
  }
  const stateOf = (node: string): string | undefined => rows.find((row) => row.node === node)?.state
  while (rows.filter(({ state }) => state === 'up').length < 3) await heard()

  stopped.child.kill('SIGSTOP')
  t.teardown(() => stopped.child.kill('SIGCONT'))
  while (stateOf(stopped.node) !== 'silent') await heard()
  t.match(
    rows.find(({ node }) => node === stopped.node),
    { silentSince: Number, lagMs: null, pid: stopped.child.pid }
  )
  t.equal(stateOf(first.node), 'up')

  const sockets = await open(admin, 'sockets')
  t.match(sockets.reply.response, { total: 2, silent: [stopped.node] })
  const topics = admin.channel('topics', {})
  t.match((await join(topics)).response, { rows: [{ members: 2 }], silent: [stopped.node] })

  // Also when the others have taken it for gone.
  await until(async () => !(await first.request('nodes')).includes(stopped.node))
  await heard()
  t.equal(stateOf(stopped.node), 'silent')

  stopped.child.kill('SIGCONT')
  while (stateOf(stopped.node) !== 'up') await heard()
  t.pass('and is back when it goes on')
})
