import t, { type Test } from 'tap'
import { nats } from '../../../lib/cluster/nats/nats.js'
import type { PhoenixService } from '../../../plugins/phoenix.js'
import { historyCases } from '../../fixtures/history-cases.js'
import { type NatsProxy, startNatsProxy } from '../../fixtures/nats-proxy.js'
import { noNats, startNats } from '../../fixtures/nats-server.js'
import { clusterServers } from '../../fixtures/nodes.js'
import { keepingMount } from '../../fixtures/recovering-member.js'

const skip = noNats()

const unavailable = { code: 'PHX_ERR_HISTORY_UNAVAILABLE' }

/** Nodes at a server. */
async function start(t: Test, servers: string, count = 1): Promise<PhoenixService[]> {
  const nodes = await clusterServers(t, { adapter: () => nats({ servers }), count, mount: keepingMount })
  return nodes.map(({ app }) => app.phoenix)
}

t.test('what all engines do', { skip }, async (t) => {
  historyCases(t, {
    async start(t, keepsData) {
      const server = await startNats(t)
      const proxy: NatsProxy = await startNatsProxy(t, server.port)
      return {
        adapter: () => nats({ servers: proxy.url }),
        kill: () => server.kill(),
        async start() {
          if (!keepsData) server.rewind()
          await server.start()
        },
        cut: () => proxy.cut(),
        save: () => server.save()
      }
    }
  })
})

t.test('a server without JetStream keeps nothing, says so, and does all else', { skip }, async (t) => {
  const server = await startNats(t, '', { hasStreams: false })
  const [one, other] = (await start(t, server.url, 2)) as [PhoenixService, PhoenixService]
  const says = { ...unavailable, message: /JetStream does not answer: it is not enabled/ }
  await t.rejects(one.publish('room:1', 'say', { n: 1 }), says)
  await t.rejects(other.history('room:1'), says)
  t.ok(Number(one.stats.cluster?.dropped) >= 1)
  t.equal(one.stats.cluster?.state, 'up')
})

t.test('a message that the server does not take is refused at once', { skip }, async (t) => {
  const server = await startNats(t, 'max_payload: 8192')
  const [one] = (await start(t, server.url)) as [PhoenixService]
  const tooLarge = { code: 'PHX_ERR_HISTORY_TOO_LARGE', message: /keeps messages of 6144 at most/ }
  const text = 'x'.repeat(6_144)
  await t.rejects(one.publish('room:1', 'say', { text }), tooLarge)
  t.throws(() => one.broadcast('room:1', 'say', { text }), tooLarge)
  const { offset } = await one.publish('room:1', 'say', { text: 'x'.repeat(6_000) }, { key: 'k'.repeat(128) })
  t.equal(offset, 1)
  t.equal((await one.history('room:1')).messages.length, 1)
})
