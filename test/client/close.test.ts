import t from 'tap'
import { createHookClient } from '../../lib/client/client.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import {
  createLoopbackPeer,
  eager,
  nextEvent,
  openHookClient,
  refused,
  travelsOn
} from '../fixtures/hook-client.js'
import { connectPhoenix, join } from '../fixtures/phoenix-client.js'
import { eventsOf } from '../fixtures/phoenix-internals.js'
import { startUserServer } from '../fixtures/user-server.js'

t.test('whenever it is closed, nothing is left: no timer, no handler, no peer', async (t) => {
  const { base } = await startUserServer(t)
  for (const moment of ['idle', 'connecting', 'open', 'waiting'] as const) {
    const clock = new FakeClock()
    const socket = connectPhoenix(t, base, { params: { user_id: 'alice' } })
    const channel = socket.channel('user:alice')
    const before = eventsOf(channel).length
    const closed: Promise<void>[] = []
    const client = createHookClient(channel, {
      ...eager,
      clock,
      createPeer(configuration) {
        if (moment === 'waiting') throw new Error('no peer')
        const peer = createLoopbackPeer(configuration)
        closed.push(
          new Promise((resolve) => {
            const { close } = peer
            peer.close = () => {
              close.call(peer)
              resolve()
            }
          })
        )
        return peer
      }
    })
    if (moment !== 'idle') {
      const reached = nextEvent(client, 'state', (state) => state === moment)
      await join(channel)
      await reached
      // The server's side is open, too, when it has answered.
      if (moment === 'open') await client.call('calls', 'echo', 1)
    }
    const calls = [1, 2, 3].map(() => refused(client.call('calls', 'hangs')))
    const ended = nextEvent(client, 'state', (state) => state === 'closed')
    client.close()
    client.close()
    await ended
    t.same(await Promise.all(calls), ['client_closed', 'client_closed', 'client_closed'])
    t.equal(clock.pending, 0, `no timer after ${moment}`)
    const left = eventsOf(channel).filter((event) => !event.startsWith('chan_reply_'))
    t.equal(left.length, before, 'no handler')
    t.equal(client.transport, 'none')
    await Promise.all(closed)
    t.equal(await refused(client.call('calls', 'echo', 1)), 'client_closed')
    t.equal(client.send('state', 'x'), false)
    client.reopen()
    t.equal(client.state, 'closed')
    socket.disconnect()
  }
})

t.test('the channel goes on without its client', async (t) => {
  const { base } = await startUserServer(t)
  const { client, channel } = openHookClient(t, base)
  await travelsOn(client, 'datachannel')
  t.equal(await client.call('calls', 'echo', 1), 1)
  const closed = new Promise<void>((resolve) => {
    channel.on('webrtc:state', ({ state }) => {
      if (state === 'closed') resolve()
    })
  })
  client.close()
  // The server need not find out by itself: it is told.
  await closed
  const another = createHookClient(channel, eager)
  t.teardown(() => another.close())
  await travelsOn(another, 'datachannel')
  t.equal(await another.call('calls', 'echo', 1), 1)
})

t.test('leaving the channel closes the client', async (t) => {
  const { base } = await startUserServer(t)
  const { client, channel } = openHookClient(t, base)
  await travelsOn(client, 'datachannel')
  t.equal(await client.call('calls', 'echo', 1), 1)
  const call = refused(client.call('calls', 'hangs'))
  const closed = nextEvent(client, 'state', (state) => state === 'closed')
  channel.leave()
  await closed
  t.equal(await call, 'client_closed')
  t.equal(await refused(client.call('calls', 'echo', 1)), 'client_closed')
})

// The process does not end, and the test with it, while a native handle is left.
t.test('clients that close as soon as they are open leave no native handle', async (t) => {
  const { base } = await startUserServer(t)
  for (let i = 0; i < 20; i++) {
    const { client, socket } = openHookClient(t, base)
    await travelsOn(client, 'datachannel')
    client.close()
    socket.disconnect()
  }
  t.pass()
})
