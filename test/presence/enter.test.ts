import t from 'tap'
import { type ChannelDefinition, defineChannel } from '../../lib/channel/channel.js'
import { Presence } from '../../lib/presence/presence.js'
import type { PresenceOptions } from '../../lib/presence/types.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { closed, crashed, deferred, ok, reply, settled, TestSocket } from '../fixtures/test-socket.js'

function start(options: PresenceOptions = {}, more: Partial<ChannelDefinition> = {}) {
  const presence = new Presence(options)
  const room = defineChannel({
    join(params, channel) {
      const { key, meta, refuse } = params as { key: string; meta?: object; refuse?: boolean }
      presence.enter(channel, key, meta)
      return refuse === true ? { status: 'error', response: {} } : ok
    },
    handleIn: { ping: () => ok },
    ...more
  })
  return { presence, client: new TestSocket({ channels: { 'room:*': room } }) }
}

const ann = { metas: [{ n: 1, phx_ref: String }] }

t.test('entering tracks the channel and pushes the list it is in, after the reply to the join', async (t) => {
  const { client } = start()
  client.join('room:1', '1', { key: 'ann', meta: { n: 1 } })
  t.match(client.sent(), [reply('1', '1', 'room:1'), ['1', null, 'room:1', 'presence_state', { ann }]])
  t.match(await client.sentSoon(), [[null, null, 'room:1', 'presence_diff', { joins: { ann }, leaves: {} }]])
})

t.test('a join that is refused enters nobody', async (t) => {
  const { presence, client } = start()
  client.join('room:1', '1', { key: 'ann', refuse: true })
  t.equal((await client.sentSoon()).length, 1)
  t.same(await presence.list('room:1'), {})
})

t.test('entering again pushes the list again', async (t) => {
  const { presence, client } = start(
    {},
    {
      handleIn: {
        again(_payload, channel) {
          presence.enter(channel, 'ann')
          return ok
        }
      }
    }
  )
  client.join('room:1', '1', { key: 'ann', meta: { n: 1 } })
  await client.sentSoon()
  client.receive('1', '2', 'room:1', 'again', {})
  t.match(await client.sentSoon(), [
    reply('1', '2', 'room:1'),
    ['1', null, 'room:1', 'presence_state', { ann }]
  ])
})

t.test('a meta that is no object ends the channel alone', async (t) => {
  const { client } = start()
  client.join('room:1', '1', { key: 'ann', meta: 'none' })
  client.join('room:2', '2', { key: 'ann' })
  const sent = await client.sentSoon()
  t.match(sent.slice(0, 2), [reply('1', '1', 'room:1'), crashed('1', 'room:1')])
  t.match(sent[3], ['2', null, 'room:2', 'presence_state', {}])
})

t.test('while the list is fetched the next messages of the channel wait, others do not', async (t) => {
  const fetched = deferred()
  const { client } = start({
    async fetch(topic, entries) {
      if (topic === 'room:1') await fetched.promise
      return entries
    }
  })
  client.join('room:1', '1', { key: 'ann', meta: { n: 1 } })
  client.receive('1', '2', 'room:1', 'ping', {})
  client.join('room:2', '3', { key: 'ann' })
  const events = async () => (await client.sentSoon()).map((frame) => (frame as unknown[]).slice(2, 4))
  t.same(await events(), [
    ['room:1', 'phx_reply'],
    ['room:2', 'phx_reply'],
    ['room:2', 'presence_state'],
    ['room:2', 'presence_diff']
  ])
  fetched.resolve()
  t.same(
    (await events()).sort(),
    [
      ['room:1', 'presence_state'],
      ['room:1', 'phx_reply'],
      ['room:1', 'presence_diff']
    ].sort()
  )
})

t.test('a client that is gone before its list was fetched is gone from all lists', async (t) => {
  const fetched = deferred()
  const { presence, client } = start({
    async fetch(_topic, entries) {
      await fetched.promise
      return entries
    }
  })
  client.join('room:1', '1', { key: 'ann' })
  client.socket.transportClosed(false)
  fetched.resolve()
  await settled()
  t.same(await presence.list('room:1'), {})
  t.same(client.log.messages('error'), [])
})

t.test('the list cannot be pushed while join runs', async (t) => {
  const presence = new Presence()
  const room = defineChannel({
    async join(_params, channel) {
      await presence.pushState(channel)
      return ok
    }
  })
  const client = new TestSocket({ channels: { 'room:*': room } })
  client.join('room:1')
  t.same(await client.sentSoon(), [reply('1', '1', 'room:1', { reason: 'join crashed' }, 'error')])
})

t.test('a channel that intercepts presence_diff gets it as an object', async (t) => {
  const { client } = start(
    {},
    {
      handleOut: {
        presence_diff(payload, channel) {
          const { joins } = payload as { joins: object }
          channel.push('entered', { keys: Object.keys(joins) })
        }
      }
    }
  )
  client.join('room:1', '1', { key: 'ann' })
  client.sent()
  t.same(await client.sentSoon(), [['1', null, 'room:1', 'entered', { keys: ['ann'] }]])
})

t.test('a channel that subscribed to another topic gets its diffs as objects', async (t) => {
  const seen: unknown[] = []
  const { client } = start(
    {},
    {
      handleInfo({ topic, event, payload }) {
        seen.push([topic, event, payload])
      }
    }
  )
  const watcher = defineChannel({
    join(_params, channel) {
      channel.subscribe('room:1')
      return ok
    },
    handleInfo({ topic, event, payload }) {
      seen.push([topic, event, payload])
    }
  })
  const other = new TestSocket({ channels: { 'watch:*': watcher }, endpoint: client.endpoint })
  other.join('watch:1')
  client.join('room:1', '1', { key: 'ann', meta: { n: 1 } })
  await settled()
  await settled()
  t.match(seen, [['room:1', 'presence_diff', { joins: { ann }, leaves: {} }]])
})

for (const fetchTimeoutMs of [0, 60_000]) {
  t.test(`a fetch that hangs holds up nobody, also with a limit of ${fetchTimeoutMs}`, async (t) => {
    const clock = new FakeClock()
    const { client, presence } = start({ fetchTimeoutMs, fetch: () => new Promise(() => {}), clock })
    client.join('room:1', '1', { key: 'ann' })
    client.receive('1', '2', 'room:1', 'ping', {})
    t.match(await client.sentSoon(), [reply('1', '1', 'room:1'), reply('1', '2', 'room:1')])
    clock.advance(60_000)
    await settled()
    t.match(
      (await client.sentSoon()).map((frame) => (frame as unknown[])[3]),
      ['presence_state', 'presence_diff'],
      'without what it would have added'
    )
    client.receive('1', '3', 'room:1', 'phx_leave', {})
    t.match(await client.sentSoon(), [reply('1', '3', 'room:1'), closed('1', 'room:1')])
    t.same(await presence.list('room:1'), {})
  })
}

t.test('a key that is none ends the channel, and is no name that all would share', async (t) => {
  for (const key of [undefined, null, {}, Number.NaN, true]) {
    const { presence, client } = start(
      {},
      {
        join(_params, channel) {
          presence.enter(channel, key as string)
          return ok
        }
      }
    )
    client.join('room:1')
    t.same(await client.sentSoon(), [reply('1', '1', 'room:1'), crashed('1', 'room:1')])
    t.match(client.log.lines.at(-1), { details: { err: { code: 'PHX_ERR_PRESENCE_KEY' } } })
  }
})

t.test('options that do not exist are refused by name', async (t) => {
  t.throws(() => new Presence({ fetchTimeout: 5 } as PresenceOptions), {
    code: 'PHX_ERR_OPTION_INVALID',
    message: 'option fetchTimeout: there is no such option'
  })
  t.throws(() => new Presence({ on_diff() {} } as PresenceOptions), { message: /did you mean onDiff\?/ })
})
