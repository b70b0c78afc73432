import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { defineHooks } from '../../plugins/phoenix.js'
import {
  createLoopbackPeer,
  eager,
  nextEvent,
  openHookClient,
  refused,
  travelsOn
} from '../fixtures/hook-client.js'
import { push, rejoined } from '../fixtures/phoenix-client.js'
import { startUserServer } from '../fixtures/user-server.js'

t.test('calls go over the channel while the peer is gone, and over the next one then', async (t) => {
  const { base } = await startUserServer(t)
  const { client, channel } = openHookClient(t, base)
  await travelsOn(client, 'datachannel')
  const transports: string[] = []
  client.on('transport', (transport) => transports.push(transport))
  const failed = nextEvent(client, 'failure')
  const back = nextEvent(client, 'transport', (transport) => transport === 'datachannel')

  await push(channel, 'webrtc:close')
  const [reason] = await failed
  t.equal(reason, 'closed')
  t.match(await client.call('calls', 'whoami'), { userId: 'alice' })
  await back
  t.match(await client.call('calls', 'whoami'), { transport: 'datachannel' })
  t.same(transports, ['channel', 'datachannel'])
})

/** A hook that never answers its first call, and the next ones at once. */
function hangingOnce() {
  const events = new EventEmitter()
  const called = once(events, 'called')
  let calls = 0
  const hooks = defineHooks('once', {
    hangs() {
      events.emit('called')
      return ++calls === 1 ? new Promise<number>(() => {}) : calls
    }
  })
  return { hooks, called, calls: () => calls }
}

t.test('a call whose DataChannel is lost is rejected: the hook may have run', async (t) => {
  const { hooks, called, calls } = hangingOnce()
  const { base } = await startUserServer(t, { hooks: [hooks] })
  const { client, channel } = openHookClient<typeof hooks>(t, base)
  await travelsOn(client, 'datachannel')
  const lost = refused(client.call('once', 'hangs'))
  await called
  channel.push('webrtc:close', {})
  t.equal(await lost, 'connection_lost')
  await travelsOn(client, 'datachannel')
  t.equal(calls(), 1)
})

t.test('a call that may run twice is made again when its DataChannel is lost', async (t) => {
  const { hooks, called } = hangingOnce()
  const { base } = await startUserServer(t, { hooks: [hooks] })
  const { client, channel } = openHookClient<typeof hooks>(t, base)
  await travelsOn(client, 'datachannel')
  const call = client.callWith({ idempotent: true }, 'once', 'hangs')
  await called
  channel.push('webrtc:close', {})
  t.equal(await call, 2)
})

t.test('a call that may run twice is made again when its socket drops', async (t) => {
  const { hooks, called } = hangingOnce()
  const { app, base } = await startUserServer(t, { hooks: [hooks] })
  const { client } = openHookClient<typeof hooks>(t, base, { createPeer: false })
  const call = client.callWith({ idempotent: true }, 'once', 'hangs')
  await called
  app.phoenix.disconnect('user_socket:alice')
  t.equal(await call, 2)
})

t.test('a socket that drops takes its calls with it, and everything comes back', async (t) => {
  const { app, base } = await startUserServer(t)
  for (const createPeer of [eager.createPeer, false] as const) {
    const transport = createPeer === false ? 'channel' : 'datachannel'
    const { client, channel } = openHookClient(t, base, { createPeer })
    await travelsOn(client, transport)
    const lost = t.resolveMatch(refused(client.call('calls', 'hangs')), 'connection_lost')
    t.equal(await client.call('calls', 'echo', 1), 1)
    const again = rejoined(channel)
    const down = nextEvent(client, 'transport', (now) => now === 'none')
    app.phoenix.disconnect('user_socket:alice')
    await Promise.all([lost, down])
    const waiting = client.call('calls', 'echo', 2)
    await again
    t.equal(await waiting, 2, 'a call that is made in between waits')
    await travelsOn(client, transport)
    t.match(await client.call('calls', 'whoami'), { userId: 'alice' })
    client.close()
  }
})

t.test('a channel that crashes is joined again, with a peer of its own', async (t) => {
  const { base } = await startUserServer(t, {
    handleIn: {
      crash() {
        throw new Error('crash')
      }
    }
  })
  const { client, channel } = openHookClient(t, base)
  await travelsOn(client, 'datachannel')
  const down = nextEvent(client, 'transport', (now) => now === 'none')
  channel.push('crash', {}, 100)
  await down
  await travelsOn(client, 'datachannel')
  t.equal(await client.call('calls', 'echo', 1), 1)
})

t.test('when the server restarts, the client is back on a DataChannel by itself', async (t) => {
  const first = await startUserServer(t)
  const port = Number(new URL(first.base).port)
  const { client } = openHookClient(t, first.base)
  await travelsOn(client, 'datachannel')
  const down = nextEvent(client, 'transport', (now) => now === 'none')
  await first.app.close()
  await down
  const waiting = client.call('calls', 'echo', 'early')
  await startUserServer(t, {}, {}, port)
  t.equal(await waiting, 'early')
  await travelsOn(client, 'datachannel')
  t.match(await client.call('calls', 'whoami'), { transport: 'datachannel' })
})

t.test('the application may ask for another peer', async (t) => {
  const { base } = await startUserServer(t)
  let peers = 0
  const createPeer: typeof eager.createPeer = (configuration) => {
    peers++
    return createLoopbackPeer(configuration)
  }
  const { client } = openHookClient(t, base, { createPeer })
  client.reopen()
  t.equal(peers, 0, 'not before the channel is joined')
  await travelsOn(client, 'datachannel')
  const lost = t.resolveMatch(refused(client.call('calls', 'hangs')), 'connection_lost')
  client.reopen()
  await lost
  await travelsOn(client, 'datachannel')
  t.equal(await client.call('calls', 'echo', 1), 1)
  t.equal(peers, 2)
})
