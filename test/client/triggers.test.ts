import t from 'tap'
import { ChannelLink, type PushStatus } from '../../lib/client/channel-link.js'
import type { PhoenixPush } from '../../lib/client/phoenix.js'
import { recoverable } from '../../lib/client/recoverable.js'
import { dropPush } from '../../lib/client/triggers.js'
import { connectPhoenix, join } from '../fixtures/phoenix-client.js'
import { eventsOf } from '../fixtures/phoenix-internals.js'
import { phoenixVersions } from '../fixtures/phoenix-versions.js'
import { startServer } from '../fixtures/server.js'

for (const { name, client } of phoenixVersions) {
  t.test(`${name} forgets a push that is dropped, with its binding`, async (t) => {
    const { base } = await startServer(t)
    const socket = connectPhoenix(t, `${base}/socket`, { client })
    const channel = socket.channel('room:a')
    await join(channel)
    const before = eventsOf(channel).length
    const push = channel.push('never answered', {}, 60_000)
    const heard: string[] = []
    push.receive('timeout', () => heard.push('timeout'))
    t.ok(eventsOf(channel).length > before)
    dropPush(push as PhoenixPush)
    t.same(heard, ['timeout'])
    t.equal(eventsOf(channel).length, before)
  })
}

t.test('where a version cannot, the push goes when its time is up, and nobody is told', async (t) => {
  const callbacks: (() => void)[] = []
  const push: PhoenixPush = {
    receive: (status, callback) => {
      if (status === 'timeout') callbacks.push(callback)
      return push
    }
  }
  const channel = { state: 'joined', on: () => 1, off: () => {}, push: () => push }
  const link = new ChannelLink(channel, { onJoined: () => {}, onLost: () => {}, onClosed: () => {} })
  const settled: PushStatus[] = []
  link.cancel(link.push('webrtc:close', {}, (status) => settled.push(status)))
  for (const timeOut of callbacks) timeOut()
  t.equal(callbacks.length, 1)
  t.same(settled, [])
})

t.test('what a join that was answered too late has sent does not come a second time', async (t) => {
  const frames: [string, unknown, unknown][] = []
  class FakeChannel {
    joinRef = () => '7'
    trigger(event: string, payload: unknown, ref: unknown): void {
      frames.push([event, payload, ref])
    }
  }
  const channel = recoverable({ channel: () => new FakeChannel() }, 'room:1')
  const reply = (ref: string, recover: object) =>
    channel.trigger('phx_reply', { status: 'ok', response: { phx_recover: recover } }, ref)
  channel.trigger('say', { n: 0 }, null)
  reply('7', { epoch: 'e', offset: 4, recovered: false, count: 0 })
  channel.trigger('say', { n: 5 }, '@5')
  reply('6', { epoch: 'other', offset: 0, recovered: false, count: 0 })
  channel.trigger('phx_position', { offset: 6 }, null)
  reply('7', { epoch: 'e', offset: 4, recovered: true, count: 3 })
  for (const n of [5, 6, 7]) channel.trigger('say', { n }, `@${n}`)
  channel.trigger('say', { n: 8 }, null)
  const said = frames.filter(([event]) => event === 'say').map(([, payload]) => payload)
  t.same(said, [{ n: 0 }, { n: 5 }, { n: 7 }, { n: 8 }])
})

t.test('what follows an answer that came too late is not counted: it comes again', async (t) => {
  const { channel, come, asked, heard } = bare()
  channel.join.send()
  come(
    'phx_reply',
    { status: 'ok', response: { phx_recover: { epoch: 'e', offset: 1, recovered: false } } },
    '1'
  )
  come('say', { n: 2 }, '@2')
  channel.join.send()
  t.same(asked.at(-1), { epoch: 'e', offset: 2 })
  channel.join.ref = null
  come(
    'phx_reply',
    { status: 'ok', response: { phx_recover: { epoch: 'e', offset: 2, recovered: true } } },
    '2'
  )
  come('say', { n: 4 }, '@4')
  come('phx_position', { offset: 5 }, null)
  come('say', { n: 'without' }, null)
  channel.join.send()
  t.same(asked.at(-1), { epoch: 'e', offset: 2 })
  come(
    'phx_reply',
    { status: 'ok', response: { phx_recover: { epoch: 'e', offset: 2, recovered: true } } },
    '3'
  )
  come('say', { n: 3 }, '@3')
  t.same(heard, [{ n: 2 }, { n: 'without' }, { n: 3 }])
})

t.test('an event of the application by the name of a position is an event like others', async (t) => {
  const { channel, come, asked } = bare()
  channel.join.send()
  come(
    'phx_reply',
    { status: 'ok', response: { phx_recover: { epoch: 'e', offset: 0, recovered: false } } },
    '1'
  )
  come('phx_position', { offset: 7 }, '@1')
  channel.join.send()
  t.same(asked.at(-1), { epoch: 'e', offset: 1 })
})

/** A channel as phoenix.js has it, without a connection. */
function bare() {
  const asked: unknown[] = []
  const heard: unknown[] = []
  let refs = 0
  const socket = {
    channel(_topic: string, params: () => object = () => ({})) {
      const sent = {
        ref: null as string | null,
        send() {
          this.ref = String(++refs)
          const { client: _, ...position } = (params() as { phx_recover: { client: string } }).phx_recover
          asked.push(position)
        }
      }
      return {
        join: sent,
        joinRef: () => sent.ref,
        trigger(event: string, payload: unknown, _ref?: unknown) {
          if (event === 'say') heard.push(payload)
        }
      }
    }
  }
  const channel = recoverable(socket, 'room:1')
  const come = (event: string, payload: unknown, ref: unknown): void => channel.trigger(event, payload, ref)
  return { channel, come, asked, heard }
}
