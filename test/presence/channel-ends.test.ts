import t from 'tap'
import { defineChannel } from '../../lib/channel/channel.js'
import { Presence, type PresenceChannel } from '../../lib/presence/presence.js'
import type { TrackResult } from '../../lib/presence/types.js'
import { deferred, ok, settled, TestSocket } from '../fixtures/test-socket.js'

function start() {
  const presence = new Presence()
  const ended = deferred<TrackResult>()
  const room = defineChannel({
    join(params, channel) {
      const { key = 'ann', wait, refuse, crash } = params as Record<string, unknown>
      const tracked = presence.track(channel, key as string, { joined: channel.joined })
      if (crash === true) throw new Error('crash in join')
      if (refuse === true) return { status: 'error', response: {} }
      return wait === true ? settled().then(() => ok) : { status: 'ok', response: tracked }
    },
    handleIn: {
      crash() {
        throw new Error('crash')
      },
      stop: () => ({ stop: 'normal' }),
      also: (_payload, channel) => ({
        status: 'ok',
        response: presence.track(channel, 'also', {}, 'room:other')
      })
    },
    terminate(_reason, channel) {
      ended.resolve(presence.track(channel, 'ghost'))
    }
  })
  const client = new TestSocket({ channels: { 'room:*': room }, id: 'socket:1' })
  return { presence, client, ended: ended.promise }
}

type Start = ReturnType<typeof start>

const ends: Record<string, (client: Start['client']) => void> = {
  'the client leaves': (client) => client.receive('1', '2', 'room:1', 'phx_leave', {}),
  'a handler throws': (client) => client.receive('1', '2', 'room:1', 'crash', {}),
  'nothing handles an event': (client) => client.receive('1', '2', 'room:1', 'nonsense', {}),
  'the channel stops': (client) => client.receive('1', '2', 'room:1', 'stop', {}),
  'the connection is gone': ({ socket }) => socket.transportClosed(false),
  'the connection broke': ({ socket }) => socket.transportClosed(true),
  'the socket is disconnected through its id': ({ endpoint }) => endpoint.disconnect('socket:1'),
  'the client sends garbage': ({ socket }) => socket.receive(Buffer.from('garbage'), false),
  'the server shuts down': ({ socket }) => socket.abort()
}

for (const [how, end] of Object.entries(ends)) {
  t.test(`what a channel tracks goes when ${how}`, async (t) => {
    const { presence, client, ended } = start()
    client.join('room:1')
    client.receive('1', '9', 'room:1', 'also', {})
    t.same(Object.keys(await presence.list('room:1')), ['ann'])
    t.same(Object.keys(await presence.list('room:other')), ['also'])
    end(client)
    t.same(await ended, { ok: false, reason: 'nopresence' }, 'and nothing can be tracked any more')
    t.same(await presence.list('room:1'), {})
    t.same(await presence.list('room:other'), {})
  })
}

t.test('a second join of the client replaces what the first tracked', async (t) => {
  const { presence, client } = start()
  client.join('room:1', '1', { key: 'ann' })
  client.join('room:1', '2', { key: 'bob' })
  t.same(Object.keys(await presence.list('room:1')), ['bob'])
})

for (const params of [{ refuse: true }, { crash: true }]) {
  t.test(`nothing stays of a join that was not accepted (${Object.keys(params)})`, async (t) => {
    const { presence, client } = start()
    client.join('room:1', '1', params)
    t.same(await presence.list('room:1'), {})
    const member = new TestSocket({
      channels: { 'room:*': defineChannel({ join: () => ok }) },
      endpoint: client.endpoint
    })
    member.join('room:1')
    const [reply, came, went, ...rest] = ((await member.sentSoon()) as unknown[][]).map((frame) => frame[4])
    t.match([reply, came, went], [{ status: 'ok' }, { joins: { ann: {} } }, { leaves: { ann: {} } }])
    t.same(rest, [])
  })
}

t.test('a channel can be tracked before it is joined', async (t) => {
  const { presence, client } = start()
  client.join('room:1', '1', { wait: true })
  t.match(await presence.list('room:1'), { ann: { metas: [{ joined: false }] } })
  client.socket.transportClosed(false)
  await client.sentSoon()
  await settled()
  t.same(await presence.list('room:1'), {})
})

t.test('what an ended channel asks for does nothing', async (t) => {
  const presence = new Presence()
  const channels: PresenceChannel[] = []
  const room = defineChannel({
    join(_params, channel) {
      channels.push(channel)
      return ok
    }
  })
  const client = new TestSocket({ channels: { 'room:*': room } })
  client.join('room:1')
  client.receive('1', '2', 'room:1', 'phx_leave', {})
  const channel = channels[0] as PresenceChannel
  client.sent()
  t.same(presence.track(channel, 'ann'), { ok: false, reason: 'nopresence' })
  t.same(presence.update(channel, 'ann', {}), { ok: false, reason: 'nopresence' })
  presence.untrack(channel, 'ann')
  presence.enter(channel, 'ann')
  await presence.pushState(channel)
  t.same(await client.sentSoon(), [])
  t.same(await presence.list('room:1'), {})
})
