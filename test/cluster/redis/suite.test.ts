import t from 'tap'
import type { ClusterAdapter } from '../../../lib/cluster/adapter.js'
import { redis } from '../../../lib/cluster/redis/redis.js'
import { clusterAdapterCases } from '../../../lib/cluster/suite.js'
import { DeafeningProxy } from '../../fixtures/deafening-proxy.js'
import { noRedis, RedisServer } from '../../fixtures/redis-server.js'

for (const { name, needs, run } of clusterAdapterCases) {
  t.test(name, { skip: noRedis() }, async (t) => {
    const server = await RedisServer.start(t)
    const proxies = new Map<ClusterAdapter, DeafeningProxy>()
    const spare: DeafeningProxy[] = []
    if (needs.includes('deafen'))
      for (let i = 0; i < 2; i++) spare.push(await DeafeningProxy.start(t, server.port))
    let isFrozen = false
    await run({
      adapter: () => {
        const proxy = spare.pop()
        const adapter = redis({ url: `redis://127.0.0.1:${proxy?.port ?? server.port}` })
        if (proxy !== undefined) proxies.set(adapter, proxy)
        return adapter
      },
      kill: () => server.kill(),
      freeze: () => {
        isFrozen = true
        server.freeze()
      },
      restore: async () => {
        if (isFrozen) server.continue()
        else await server.start()
        isFrozen = false
      },
      deafen: (adapter) => proxies.get(adapter)?.deafen()
    })
  })
}
