import t from 'tap'
import { redis } from '../../../lib/cluster/redis/redis.js'
import { clusterChannelCases } from '../../fixtures/cluster-channel-cases.js'
import { noRedis, RedisServer } from '../../fixtures/redis-server.js'

const skip = noRedis()
if (skip !== false) t.plan(0, skip)
else {
  const { url } = await RedisServer.start(t)
  clusterChannelCases(t, () => redis({ url }))
}
