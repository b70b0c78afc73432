import t from 'tap'
import { answer, connectPhoenix, next, rejoined } from '../fixtures/phoenix-client.js'
import { phoenixVersions } from '../fixtures/phoenix-versions.js'
import { options, room, startServer } from '../fixtures/server.js'

for (const { name, client, vsn, onNode } of phoenixVersions) {
  for (const transport of onNode) {
    t.test(`${name} over ${transport}`, async (t) => {
      const versions: unknown[] = []
      const server = await startServer(t, {
        connect: (params) => {
          versions.push(params.vsn)
          return { userId: params.user_id }
        }
      })
      const connect = (user = 'anyone') =>
        connectPhoenix(t, server.url, { client, transport, params: { user_id: user } })

      t.test(`asks for protocol version ${vsn}`, async (t) => {
        await answer(connect().channel('room:a').join())
        t.equal(versions.at(-1) ?? '1.0.0', vsn)
      })

      t.test('joins, pushes, and gets replies and errors', async (t) => {
        const channel = connect().channel('room:a')
        t.same(await answer(channel.join()), { status: 'ok', response: { topic: 'room:a' } })
        t.same(await answer(channel.push('ping', { x: 'ä' })), { status: 'ok', response: { x: 'ä' } })
        t.same(await answer(channel.push('nack', {})), { status: 'error', response: { reason: 'no' } })
      })

      t.test('is told why a join was refused', async (t) => {
        const channel = connect().channel('room:a', { refuse: true })
        t.same(await answer(channel.join()), { status: 'error', response: { reason: 'unauthorized' } })
        channel.leave()
      })

      t.test('receives what others and the server broadcast', async (t) => {
        const [one, two] = [connect().channel('room:b'), connect().channel('room:b')]
        await Promise.all([answer(one.join()), answer(two.join())])
        const heard = Promise.all([next(one, 'shout'), next(two, 'shout')])
        one.push('shout', { x: 1 })
        t.same(await heard, [{ x: 1 }, { x: 1 }])
        const news = next(two, 'news')
        server.app.phoenix.broadcast('room:b', 'news', { x: 2 })
        t.same(await news, { x: 2 })
      })

      t.test('leaves, and is told that its channel is closed', async (t) => {
        const channel = connect().channel('room:c')
        await answer(channel.join())
        const closed = new Promise<void>((resolve) => channel.onClose(() => resolve()))
        t.equal((await answer(channel.leave())).status, 'ok')
        await closed
        t.equal(channel.state, 'closed')
      })

      t.test('joins again after its channel has crashed', async (t) => {
        const channel = connect().channel('room:d')
        await answer(channel.join())
        const again = rejoined(channel)
        channel.push('crash', {})
        await again
        t.same((await answer(channel.push('ping', {}))).status, 'ok')
      })

      t.test('holds many channels on one socket', async (t) => {
        const socket = connect()
        const channels = Array.from({ length: 50 }, (_, i) => socket.channel(`room:${i}`))
        const answers = await Promise.all(channels.map((channel) => answer(channel.join())))
        t.same(
          answers.map(({ response }) => response.topic),
          channels.map(({ topic }) => topic)
        )
      })

      t.test('connects again and rejoins when it was disconnected by its id', async (t) => {
        const channel = connect('dora').channel('room:e')
        await answer(channel.join())
        const again = rejoined(channel)
        server.app.phoenix.disconnect('user_socket:dora')
        await again
        t.equal((await answer(channel.push('ping', {}))).status, 'ok')
      })
    })
  }

  t.test(`${name} comes back when the server was restarted`, async (t) => {
    const first = await startServer(t)
    const channel = connectPhoenix(t, first.url, { client }).channel('room:a')
    await answer(channel.join())
    const again = rejoined(channel)
    await first.app.close()
    const second = await startServer(t, {}, { port: first.port })
    await again
    const heard = next(channel, 'news')
    second.app.phoenix.broadcast('room:a', 'news', { back: true })
    t.same(await heard, { back: true })
  })
}

t.test('clients of all versions hear each other in one room', async (t) => {
  const server = await startServer(t, { ...options, channels: { 'room:*': room } })
  const channels = phoenixVersions.map(({ client }) =>
    connectPhoenix(t, server.url, { client }).channel('room:all')
  )
  await Promise.all(channels.map((channel) => answer(channel.join())))
  for (const [i, speaker] of channels.entries()) {
    const heard = Promise.all(channels.map((channel) => next(channel, 'shout')))
    speaker.push('shout', { from: i })
    t.same(
      await heard,
      channels.map(() => ({ from: i }))
    )
  }
})
