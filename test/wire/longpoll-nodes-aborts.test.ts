import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { LongPollClient } from '../fixtures/longpoll-client.js'
import { startNodes } from '../fixtures/nodes.js'
import type { TestServer } from '../fixtures/server.js'

/** Where a poll breaks off, seen from its answer. */
const breaks = ['before', 'with', 'within', 'after'] as const

/** More than the kernel takes of an answer that nobody reads. */
const muchFill = 'x'.repeat(8_000_000)

/** A member of a room that counts, whose requests each reach another node, and how its polls go. */
async function setUp(t: Test) {
  const { nodes } = await startNodes(t, 3, { limits: { queuedBytes: 0 }, longpoll: { windowMs: 5_000 } })
  const [holder] = nodes as [TestServer, TestServer, TestServer]
  let turn = 0
  const client = new LongPollClient(() => nodes[turn++ % nodes.length]?.port as number)
  t.teardown(() => client.end())
  await client.join('room:a')

  const heard: number[] = []
  let last = 0
  const count = (fill = ''): void => holder.app.phoenix.broadcast('room:a', 'count', { n: ++last, fill })
  const hear = async (): Promise<void> => {
    const { messages = [] } = await client.poll()
    for (const message of messages) heard.push(JSON.parse(message)[4].n)
  }
  /** Polls without reading; resolves to the response when the node that is asked has the request. */
  const poll = async (): Promise<ServerResponse> => {
    const arrived = once((nodes[turn % nodes.length] as TestServer).app.server, 'request')
    await client.pollUnread()
    const [, response] = await arrived
    return response
  }

  const polls: Record<(typeof breaks)[number] | 'unbroken', () => Promise<void>> = {
    async unbroken() {
      count()
      await hear()
    },
    async before() {
      const response = await poll()
      client.breakOff()
      // An answer that was there already counts as written, although nobody takes it any more.
      if (!response.writableFinished && !response.destroyed) await once(response, 'close')
      count()
    },
    async with() {
      await poll()
      client.breakOff()
      count()
    },
    async within() {
      count(muchFill)
      await poll()
      client.breakOff()
      await hear()
    },
    async after() {
      count()
      const response = await poll()
      if (!response.writableFinished) await once(response, 'finish')
      client.breakOff()
    }
  }
  /** Resolves to all that was heard, when the last of it was. */
  const total = async (): Promise<{ heard: number[]; counted: number[] }> => {
    count()
    while (heard.at(-1) !== last) await hear()
    return { heard, counted: Array.from({ length: last }, (_, i) => i + 1) }
  }
  return { polls, total }
}

for (const name of breaks) {
  t.test(
    `what a poll that breaks off ${name} its answer would have got comes by the next node`,
    async (t) => {
      const { polls, total } = await setUp(t)
      for (let i = 0; i < 3; i++) {
        await polls[name]()
        await polls.unbroken()
      }
      for (let i = 0; i < 3; i++) await polls[name]()
      const { heard, counted } = await total()
      t.same(heard, counted)
    }
  )
}

t.test('polls that break off at random lose nothing, repeat nothing, and keep the order', async (t) => {
  const { polls, total } = await setUp(t)
  const plan = fc.array(fc.constantFrom(...breaks, 'unbroken' as const), { minLength: 10, maxLength: 30 })
  for (const names of fc.sample(plan, 4)) {
    for (const name of names) await polls[name]()
    const { heard, counted } = await total()
    t.same(heard, counted, names.join(' '))
  }
})
