import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { SendDataOptions } from '../../plugins/phoenix.js'
import { LossyLink } from '../fixtures/lossy-link.js'
import { next } from '../fixtures/phoenix-client.js'
import { until } from '../fixtures/until.js'
import { UserClient } from '../fixtures/user-client.js'
import { startUserServer } from '../fixtures/user-server.js'

const queuedBytes = 100_000
const queuedBytesMax = 200_000
const limits = { queuedBytes, queuedBytesMax }
const { app, base } = await startUserServer(t, {}, { limits })
const { phoenix } = app

async function client(t: { teardown(done: () => void): void }, userId: string, link?: LossyLink) {
  const user = new UserClient(base, userId)
  t.teardown(() => user.close())
  user.link = link
  await user.join()
  return user
}

/** Opens a peer; resolves when the server has its DataChannels open, too. */
async function open(user: UserClient, labels: string[]) {
  const channels = await user.openPeer(labels)
  await until(
    () => user.events.filter(({ event }) => event === 'webrtc:channel_open').length >= labels.length
  )
  return channels
}

const large = 'x'.repeat(1000)
const none = { sent: 0, held: 0, pushed: 0, dropped: 0 }

/** Sends to the user, once in a turn, until that reaches them no more; returns how much it took. */
async function fill(userId: string, options: SendDataOptions = {}): Promise<number> {
  for (let sent = 1; sent < 100_000; sent++) {
    if (phoenix.sendDataToUser(userId, 'state', large, options).dropped === 1) return sent * large.length
    await turn()
  }
  throw new Error('the queue is never full')
}

const states = ({ events }: UserClient): unknown[] =>
  events.filter(({ event }) => event === 'webrtc:state').map(({ payload }) => payload.state)

t.test('what a client does not read is dropped, counted, and hers alone', async (t) => {
  const link = await LossyLink.open(t)
  const [slow, quick] = [await client(t, 'alice', link), await client(t, 'bob')]
  const [state] = await open(slow, ['state'])
  const [quickState] = await open(quick, ['state'])
  const before = phoenix.stats.peers.dropped.queue_full
  link.isCut = true
  t.ok((await fill('alice')) >= queuedBytes)
  t.same(phoenix.sendDataToUsers(['alice', 'bob'], 'state', large), { ...none, sent: 1, dropped: 1 })
  t.equal(await quickState?.next(), large)

  const [peer] = phoenix.peersOf('alice')
  const stats = peer?.getStats()
  t.match(stats, { state: 'connected', dropped: { queue_full: 2 } })
  const [{ bufferedAmount = 0 } = {}] = stats?.dataChannels ?? []
  t.ok(bufferedAmount > 0 && bufferedAmount <= queuedBytes, `${bufferedAmount} bytes are queued`)
  t.equal(phoenix.stats.peers.dropped.queue_full, before + 2)
  t.same((await slow.callHook('calls', 'echo', [1])).response, { data: 1 }, 'and the socket is as it was')

  link.isCut = false
  const { messagesOut = 0 } = stats ?? {}
  for (let i = 0; i < messagesOut; i++) t.equal(await state?.next(), large, 'nothing else got lost')
  t.same(phoenix.sendDataToUser('alice', 'state', 'last'), { ...none, sent: 1 })
  t.equal(await state?.next(), 'last')
})

t.test('what may not be dropped ends the peer, and goes over the socket from then on', async (t) => {
  const link = await LossyLink.open(t)
  const slow = await client(t, 'carol', link)
  const [state] = await open(slow, ['state'])
  link.isCut = true
  await fill('carol')
  t.ok((await fill('carol', { droppable: false })) >= queuedBytesMax - queuedBytes)
  t.same(phoenix.peersOf('carol'), [])
  const pushed = next(slow.channel, 'webrtc:data')
  t.same(phoenix.sendDataToUser('carol', 'state', 'around'), { ...none, pushed: 1 })
  t.same(await pushed, { channel: 'state', data: 'around' })
  t.same(states(slow).slice(-1), ['closed'])
  link.isCut = false
  await state?.closed
})

t.test('a reply to a client that does not read ends her peer, and a new offer brings another', async (t) => {
  const link = await LossyLink.open(t)
  const slow = await client(t, 'dave', link)
  const [events] = await open(slow, ['events', 'state'])
  link.isCut = true
  await fill('dave')
  /** The label `state` is not always the second. */
  const queued = () => {
    const channels = phoenix.peersOf('dave')[0]?.getStats()?.dataChannels ?? []
    return channels.find(({ label }) => label === 'state')?.bufferedAmount ?? Number.POSITIVE_INFINITY
  }
  while (queued() <= queuedBytesMax + large.length) {
    t.same(phoenix.sendDataToUser('dave', 'state', large, { droppable: false }), { ...none, sent: 1 })
    await turn()
  }
  const closed = next(slow.channel, 'webrtc:channel_closed')
  events?.native.sendMessage(
    JSON.stringify({ type: 'call_hook', plugin: 'calls', fn: 'echo', args: [large.repeat(5)] })
  )
  await closed
  t.same((await slow.callHook('calls', 'echo', [1])).response, { data: 1 }, 'the channel lives on')
  t.same(states(slow).slice(-1), ['closed'])
  t.same(phoenix.peersOf('dave'), [])
  link.isCut = false
  await events?.closed

  slow.link = undefined
  const [again] = await slow.openPeer(['events'])
  t.match(await again?.call('calls', 'echo', [2]), { data: 2 })
})
