import t from 'tap'
import { push } from '../fixtures/phoenix-client.js'
import { open, openAdmin, startWatched } from './helpers.js'

const badLooks: unknown[] = [
  { query: 1 },
  { query: 'x'.repeat(201) },
  { sort: 'constructor' },
  { sort: ['since'] },
  { page: -1 },
  { page: 1.5 },
  { page: 100 },
  { page: '1' },
  { other: 1 },
  JSON.parse('{"__proto__": 1}'),
  []
]

t.test('what is no look is refused in words', async (t) => {
  const { base } = await startWatched(t)
  const admin = openAdmin(t, base)
  for (const list of ['sockets', 'topics', 'peers']) {
    const { channel } = await open(admin, list)
    for (const look of badLooks) {
      t.match(
        await push(channel, 'look', look as object),
        { status: 'error', response: { reason: 'invalid_look', message: String } },
        `${list} ${JSON.stringify(look)}`
      )
    }
  }
})

t.test('a join with a wrong look is refused', async (t) => {
  const { base } = await startWatched(t)
  const channel = openAdmin(t, base).channel('sockets', { sort: 'nothing' })
  const reply = await new Promise((resolve) => channel.join().receive('error', resolve))
  channel.leave()
  t.match(reply, { reason: 'invalid_look', message: /sort must be one of since/ })
})

t.test('what names nothing is refused', async (t) => {
  const { base } = await startWatched(t, { actions: true, token: 'a token that only operators know' })
  const admin = openAdmin(t, base)
  const sockets = await open(admin, 'sockets')
  const { node } = (await open(admin, 'overview')).reply.response
  for (const ref of [
    1,
    '',
    'x',
    `${node}/x`,
    `${node}/-1`,
    `__proto__`,
    { toString: 1 },
    `${'n'.repeat(100)}/1`
  ]) {
    for (const event of ['show', 'disconnect']) {
      t.match(
        (await push(sockets.channel, event, { ref })).response,
        { reason: 'invalid_payload' },
        JSON.stringify(ref)
      )
    }
  }
  for (const ref of [`${node}/999`, '__proto__/1', 'constructor/1']) {
    t.match((await push(sockets.channel, 'show', { ref })).response, { reason: 'not_found' }, ref)
  }
  const topics = await open(admin, 'topics')
  for (const topic of [1, '', 'x'.repeat(2000), null]) {
    t.match((await push(topics.channel, 'show', { topic })).response, { reason: 'invalid_payload' })
  }
  t.match((await push(topics.channel, 'show', { topic: '__proto__' })).response, { members: 0, presences: 0 })
  for (const event of ['constructor', '__proto__', 'nothing']) {
    t.match((await push(topics.channel, event)).response, { reason: 'invalid_payload' }, event)
  }
  for (const topic of ['hooks', 'refusals', 'cluster', 'overview']) {
    const { channel } = await open(admin, topic)
    t.match((await push(channel, 'look', {})).response, { reason: 'invalid_payload' }, topic)
  }
})
