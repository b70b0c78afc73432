import t from 'tap'
import type { ClusterAdapter } from '../../../lib/cluster/adapter.js'
import { nats } from '../../../lib/cluster/nats/nats.js'
import { clusterAdapterCases } from '../../../lib/cluster/suite.js'
import { type NatsProxy, startNatsProxy } from '../../fixtures/nats-proxy.js'
import { noNats, startNats } from '../../fixtures/nats-server.js'

const skip = noNats()

for (const { name, needs, run } of clusterAdapterCases) {
  t.test(name, { skip }, async (t) => {
    const server = await startNats(t)
    const proxies = new Map<ClusterAdapter, NatsProxy>()
    const spare = needs.includes('deafen')
      ? await Promise.all(Array.from({ length: 4 }, () => startNatsProxy(t, server.port)))
      : []
    await run({
      adapter: () => {
        const proxy = spare.pop()
        const adapter = nats({ servers: (proxy ?? server).url })
        if (proxy !== undefined) proxies.set(adapter, proxy)
        return adapter
      },
      kill: () => server.kill(),
      freeze: () => server.freeze(),
      restore: () => server.restore(),
      deafen: (adapter) => proxies.get(adapter)?.deafen()
    })
  })
}
