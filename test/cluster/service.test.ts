import Fastify from 'fastify'
import t from 'tap'
import { MemoryEngine } from '../../lib/cluster/memory.js'
import phoenix from '../../plugins/phoenix.js'
import { clusterChannelCases } from '../fixtures/cluster-channel-cases.js'
import { clusterServers } from '../fixtures/nodes.js'
import { options, startServer } from '../fixtures/server.js'

t.test('nodes in one process', async (t) => {
  const engine = new MemoryEngine()
  clusterChannelCases(t, () => engine.adapter())
})

t.test('without a cluster a server is its only node', async (t) => {
  const { app } = await startServer(t)
  t.same(app.phoenix.nodes(), [app.phoenix.node])
  t.equal(await app.phoenix.isOnline('alice'), false)
  const stop = app.phoenix.onSurvey('answer', () => 42)
  t.same(await app.phoenix.survey('answer'), {
    answers: [{ node: app.phoenix.node, value: 42 }],
    failed: [],
    silent: []
  })
  stop()
  t.equal((await app.phoenix.survey('answer')).failed[0]?.reason, 'no_handler')
  for (const name of ['', 5, 'phx:online']) {
    t.throws(() => app.phoenix.survey(name as string), { code: 'PHX_ERR_OPTION_INVALID' })
    t.throws(() => app.phoenix.onSurvey(name as string, () => 1), { code: 'PHX_ERR_OPTION_INVALID' })
  }
})

t.test('the cluster is of the whole server: mounts name the same one, or none', async (t) => {
  const engine = new MemoryEngine()
  const cluster = engine.adapter()
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(phoenix, { ...options, cluster })
  await app.register(phoenix, { ...options, path: '/second', cluster })
  await app.register(phoenix, { ...options, path: '/third' })
  await t.rejects(
    async () => app.register(phoenix, { ...options, path: '/fourth', cluster: engine.adapter() }),
    { code: 'PHX_ERR_OPTION_INVALID', message: /cluster/ }
  )
})

t.test('what is no adapter is refused', async (t) => {
  for (const cluster of [null, {}, 'redis://localhost', () => {}]) {
    const app = Fastify()
    await t.rejects(async () => app.register(phoenix, { ...options, cluster: cluster as never }), {
      code: 'PHX_ERR_OPTION_INVALID'
    })
  }
})

t.test('an engine that cannot be reached ends the start', async (t) => {
  const engine = new MemoryEngine()
  engine.kill()
  await t.rejects(clusterServers(t, { adapter: () => engine.adapter(), count: 1 }), /away/)
})
