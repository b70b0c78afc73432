import t from 'tap'
import { redis } from '../../lib/cluster/redis/redis.js'
import { clusterConforms } from '../fixtures/conformance.js'
import { noRedis, RedisServer } from '../fixtures/redis-server.js'

t.test(
  'clients that are spread over three nodes through Redis are answered as by one Phoenix',
  { skip: noRedis() },
  async (t) => {
    const { url } = await RedisServer.start(t)
    await clusterConforms(t, () => redis({ url }))
  }
)
