import t, { type Test } from 'tap'
import { defineChannel, type PhoenixOptions, userChannel } from '../../plugins/phoenix.js'
import { join, next } from '../fixtures/phoenix-client.js'
import { UserClient } from '../fixtures/user-client.js'
import { calls, startUserServer } from '../fixtures/user-server.js'

const room = defineChannel({ join: () => ({ status: 'ok' }) })

const startGame = (t: Test, options: Partial<PhoenixOptions> = {}) =>
  startUserServer(
    t,
    {},
    { channels: { 'user:*': userChannel({ hooks: [calls] }), 'room:*': room }, ...options }
  )

/** A client of the user in `room:1`, with a peer that has these DataChannels, or without one. */
async function play(t: Test, base: string, userId: string, labels: string[]) {
  const client = new UserClient(base, userId)
  t.teardown(() => client.close())
  await client.join()
  await join(client.socket.channel('room:1'))
  const channels = labels.length === 0 ? [] : await client.openPeer(labels)
  // Open on the client's side is not yet open on the server's.
  while (client.events.filter(({ event }) => event === 'webrtc:channel_open').length < labels.length) {
    await next(client.channel, 'webrtc:channel_open')
  }
  return { client, channels }
}

t.test('a room is sent text and bytes, each label on its own DataChannels', async (t) => {
  const { app, base } = await startGame(t)
  const players = await Promise.all(
    ['alice', 'bob', 'bob'].map((user) => play(t, base, user, ['state', 'chat']))
  )
  t.same(app.phoenix.broadcastData('room:1', 'state', Buffer.from([1, 0, 255])), {
    sent: 3,
    held: 0,
    pushed: 0,
    dropped: 0
  })
  t.equal(app.phoenix.broadcastData('room:1', 'chat', 'grüß euch').sent, 3)
  t.equal(app.phoenix.broadcastData('room:2', 'chat', 'nobody').sent, 0)
  for (const { channels } of players) {
    const [state, chat] = channels
    t.same(await state?.next(), Buffer.from([1, 0, 255]))
    t.equal(await chat?.next(), 'grüß euch')
    t.same([state?.waiting, chat?.waiting], [0, 0])
  }
})

t.test('a user gets data in all tabs, and so do several users', async (t) => {
  const { app, base } = await startGame(t)
  const [alice, bob, tab] = await Promise.all(
    ['alice', 'bob', 'bob'].map((user) => play(t, base, user, ['state']))
  )
  t.equal(app.phoenix.sendDataToUser('bob', 'state', 'for bob').sent, 2)
  t.equal(app.phoenix.sendDataToUsers(['alice', 'bob'], 'state', 'for both').sent, 3)
  t.equal(await alice?.channels[0]?.next(), 'for both')
  for (const client of [bob, tab]) {
    t.equal(await client?.channels[0]?.next(), 'for bob')
    t.equal(await client?.channels[0]?.next(), 'for both')
  }
})

t.test('who has no open DataChannel is reached over the socket, and back once there is one', async (t) => {
  const { app, base } = await startGame(t)
  const { client: alice } = await play(t, base, 'alice', [])
  const data = next(alice.channel, 'webrtc:data')
  t.equal(app.phoenix.broadcastData('room:1', 'state', Buffer.from([255])).pushed, 1)
  t.same(await data, { channel: 'state', data: '/w==', encoding: 'base64' })
  t.equal(app.phoenix.broadcastData('room:1', 'state', 'x', { fallback: 'none' }).dropped, 1)

  const opened = next(alice.channel, 'webrtc:channel_open')
  const [state] = await alice.openPeer(['state'])
  await opened
  t.equal(app.phoenix.broadcastData('room:1', 'state', 'over the DataChannel').sent, 1)
  t.equal(await state?.next(), 'over the DataChannel')
  const { peers } = app.phoenix.stats
  t.match(peers, { messagesOut: 1, fallbacks: 1, dropped: { no_channel: 1 } })
})

t.test('a tick loop sends the state of a room until the server closes', async (t) => {
  const { app, base } = await startGame(t)
  const { channels } = await play(t, base, 'alice', ['state'])
  const state = Buffer.alloc(4)
  const loop = app.phoenix.tickLoop({
    rate: 100,
    tick({ number }) {
      state.writeUInt32LE(number)
      app.phoenix.broadcastData('room:1', 'state', state, { dropStale: 'world' })
    }
  })
  let last = 0
  for (let i = 0; i < 10; i++) {
    const message = await channels[0]?.next()
    const number = (message as Buffer).readUInt32LE()
    t.ok(number > last, `tick ${number}`)
    last = number
  }
  await app.close()
  t.ok(loop.stopped)
  t.ok(app.phoenix.tickLoop({ rate: 100, tick: () => {} }).stopped, 'a closed server starts none')
})
