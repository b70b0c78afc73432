import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { LongPollClient } from '../fixtures/longpoll-client.js'
import { startServer } from '../fixtures/server.js'

/** Where a poll breaks off, seen from its answer. */
const breaks = ['before', 'with', 'within', 'after'] as const

/** More than the kernel takes of an answer that nobody reads. */
const muchFill = 'x'.repeat(8_000_000)

/** A member of a room that counts, and how its polls go. */
async function setUp(t: Pick<Test, 'teardown'>) {
  const { app, port } = await startServer(t as Test, { limits: { queuedBytes: 0 } })
  const client = new LongPollClient(port)
  t.teardown(() => client.end())
  await client.join('room:a')

  const heard: number[] = []
  let last = 0
  const count = (fill = ''): void => app.phoenix.broadcast('room:a', 'count', { n: ++last, fill })
  const hear = async (): Promise<void> => {
    const { messages = [] } = await client.poll()
    for (const message of messages) heard.push(JSON.parse(message)[4].n)
  }
  /** Polls without reading; resolves to the response when the server has the request. */
  const poll = async (): Promise<ServerResponse> => {
    const arrived = once(app.server, 'request')
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
      if (!response.writableFinished) await once(response, 'close')
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
    `what a poll that breaks off ${name} its answer would have got comes with the next one`,
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
  const plan = fc.array(fc.constantFrom(...breaks, 'unbroken' as const), { minLength: 10, maxLength: 40 })
  for (const names of fc.sample(plan, 5)) {
    for (const name of names) await polls[name]()
    const { heard, counted } = await total()
    t.same(heard, counted, names.join(' '))
  }
})
