import { SpanKind } from '@opentelemetry/api'
import t from 'tap'
import type { Channel } from '../../plugins/phoenix.js'
import { connectPhoenix, join, push } from '../fixtures/phoenix-client.js'
import { idsOf, isChild, isRoot, linksOf, query, RecordedSpans } from '../fixtures/spans.js'
import { startTraced } from '../fixtures/traced-server.js'
import { until } from '../fixtures/until.js'

const spans = new RecordedSpans().register()
t.afterEach(() => spans.reset())

for (const transport of ['websocket', 'longpoll'] as const) {
  t.test(`a hook call is part of the event that it came as, over ${transport}`, async (t) => {
    const { base } = await startTraced(t)
    const socket = connectPhoenix(t, `${base}/socket`, { transport, params: { user_id: 'alice' } })
    const channel = socket.channel('user:alice')
    await join(channel)
    t.match(await push(channel, 'call_hook', { plugin: 'arena', fn: 'fire' }), { status: 'ok' })

    const connect = await spans.one('phoenix.connect /socket')
    const joined = await spans.one('phoenix.join user:*')
    const event = await spans.one('phoenix.handle_in user:*')
    t.ok(isRoot(event))
    t.equal(event.kind, SpanKind.SERVER)
    t.same(linksOf(event), idsOf(connect, joined))
    t.match(event.attributes, {
      'phoenix.pattern': 'user:*',
      'phoenix.event': 'call_hook',
      'phoenix.transport': transport
    })
    const hook = await spans.one('phoenix.hook arena.fire')
    t.ok(isChild(hook, event))
    t.equal(hook.kind, SpanKind.INTERNAL)
    t.same(linksOf(hook), idsOf(connect, joined))
    t.equal((await spans.childOf(hook)).name, 'db.query')
  })
}

t.test('whatever an application does for a channel is in a trace of its own', async (t) => {
  const { base } = await startTraced(t, {
    channels: {
      'room:*': {
        async join() {
          await query('db.join')
          return { status: 'ok' }
        },
        handleIn: {
          async slow(_payload: unknown, channel: Channel) {
            channel.defer(() => query('db.deferred') as Promise<undefined>)
            await query('db.slow')
          }
        },
        terminate: () => query('db.terminate')
      }
    }
  })
  const socket = connectPhoenix(t, `${base}/socket`)
  const channel = socket.channel('room:1')
  await join(channel)
  const joined = await spans.one('phoenix.join room:*')
  t.ok(isChild(await spans.one('db.join'), joined))

  channel.push('slow', {})
  channel.push('slow', {})
  await until(() => spans.named('db.deferred').length === 2)
  channel.leave()
  const terminate = await spans.one('phoenix.terminate room:*')
  t.ok(isRoot(terminate), 'and not part of the event that ran before it')
  t.equal(terminate.kind, SpanKind.INTERNAL)
  t.same(linksOf(terminate), idsOf(await spans.one('phoenix.connect /socket'), joined))
  t.equal((await spans.childOf(terminate)).name, 'db.terminate')

  const events = spans.named('phoenix.handle_in room:*')
  t.equal(events.length, 2)
  for (const event of events) {
    const children = spans.all.filter((span) => isChild(span, event)).map(({ name }) => name)
    t.same(children.sort(), ['db.deferred', 'db.slow'], 'what it deferred is its own')
  }
})

t.test('those who come and go over user channels', async (t) => {
  const { defineHooks, userChannel } = await import('../../plugins/phoenix.js')
  const follows = defineHooks(
    'follows',
    {},
    {
      after_user_joined: () => query('db.joined'),
      after_user_left: () => query('db.left')
    }
  )
  const { base } = await startTraced(t, { channels: { 'user:*': userChannel({ hooks: [follows] }) } })
  const socket = connectPhoenix(t, `${base}/socket`, { params: { user_id: 'bob' } })
  const channel = socket.channel('user:bob')
  await join(channel)
  await spans.one('phoenix.after_user_joined user:*')
  channel.leave()
  const left = await spans.one('phoenix.after_user_left user:*')
  t.ok(isRoot(left))
  t.equal(left.attributes['phoenix.hook.plugin'], 'follows')
  t.equal((await spans.childOf(left)).name, 'db.left')
  t.equal((await spans.childOf(await spans.one('phoenix.after_user_joined user:*'))).name, 'db.joined')
})

t.test('data that comes over the channel in place of a DataChannel', async (t) => {
  const { userChannel } = await import('../../plugins/phoenix.js')
  const { base } = await startTraced(t, {
    channels: { 'user:*': userChannel({ onData: () => query('db.data') }) },
    webrtc: { bindAddress: '127.0.0.1' }
  })
  const socket = connectPhoenix(t, `${base}/socket`, { params: { user_id: 'bob' } })
  const channel = socket.channel('user:bob')
  await join(channel)
  await push(channel, 'webrtc:send', { channel: 'moves', data: 'a secret' })
  const data = await spans.one('phoenix.on_data user:*')
  t.ok(isRoot(data))
  t.equal(data.attributes['phoenix.label'], 'moves')
  t.equal((await spans.childOf(data)).name, 'db.data')
})

t.test('names of topics are told where they are asked for', async (t) => {
  const { base } = await startTraced(t, {}, { topics: true })
  const socket = connectPhoenix(t, `${base}/socket`, { params: { user_id: 'carol' } })
  await join(socket.channel('user:carol'))
  await until(() => spans.named('phoenix.join user:*').length > 0)
  t.equal((await spans.one('phoenix.join user:*')).attributes['phoenix.topic'], 'user:carol')
})
