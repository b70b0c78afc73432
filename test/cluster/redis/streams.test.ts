import t, { type Test } from 'tap'
import type { EngineHistory } from '../../../lib/cluster/adapter.js'
import { redis } from '../../../lib/cluster/redis/redis.js'
import { upTo } from '../../fixtures/recovering-member.js'
import { noRedis, RedisServer } from '../../fixtures/redis-server.js'

const skip = noRedis()

async function start(t: Test) {
  const engine = await RedisServer.start(t)
  const adapter = redis({ url: engine.url })
  await adapter.start({ deliver() {}, state() {} })
  t.teardown(() => adapter.close())
  return { engine, adapter, history: adapter.history as EngineHistory }
}

const offsets = (messages: readonly { readonly offset: number }[]): number[] =>
  messages.map(({ offset }) => offset)

async function clockOf(engine: RedisServer): Promise<number> {
  const [seconds, micros] = (await engine.ask('TIME')) as [string, string]
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
}

t.test('the oldest that are read are the oldest whose time is not over', { skip }, async (t) => {
  const { engine, history } = await start(t)
  const say = (ttlMs: number) => history.append('t:a', Buffer.from('x'), { size: 1_000, ttlMs })
  await Promise.all(upTo(250).map(() => say(60_000)))
  const end = await clockOf(engine)
  while ((await clockOf(engine)) <= end + 500) {}
  for (const _ of upTo(2)) await say(60_000)
  const read = async (query: { after?: number; limit: number }) => {
    const ttlMs = (await clockOf(engine)) - end - 10
    return history.read('t:a', { ...query, ttlMs })
  }
  const { offset, messages } = await read({ after: 0, limit: 100 })
  t.equal(offset, 252)
  t.same(offsets(messages), [251, 252])
  t.same(offsets((await read({ after: 0, limit: 1 })).messages), [251])
  t.same(offsets((await read({ limit: 100 })).messages), [251, 252])
})

t.test('what is over makes room where something is said', { skip }, async (t) => {
  const { engine, history } = await start(t)
  const say = (ttlMs: number) => history.append('t:a', Buffer.from('x'), { size: 1_000, ttlMs })
  await Promise.all(upTo(50).map(() => say(60_000)))
  const end = await clockOf(engine)
  while ((await clockOf(engine)) <= end + 20) {}
  for (const _ of upTo(10)) await say(10)
  const [name = ''] = (await engine.ask('KEYS', '*s:t:a')) as string[]
  t.ok(Number(await engine.ask('XLEN', name)) <= 10)
})

t.test(
  'a place that was only asked for is kept for a day, and reading keeps none for longer',
  { skip },
  async (t) => {
    const { engine, history } = await start(t)
    const day = 24 * 60 * 60 * 1000
    const query = { limit: 10, ttlMs: 1_000 }
    const { epoch } = await history.read('t:a', query)
    const [place = ''] = (await engine.ask('KEYS', '*p:t:a')) as string[]
    const left = async (): Promise<number> => Number(await engine.ask('PTTL', place))
    t.ok((await left()) <= day)
    await history.append('t:a', Buffer.from('x'), { size: 10, ttlMs: 1_000 })
    t.ok((await left()) > 29 * day)
    await engine.ask('PEXPIRE', place, String(day))
    t.equal((await history.read('t:a', query)).epoch, epoch)
    t.ok((await left()) <= day)
  }
)
