import t from 'tap'
import { answer, connectPhoenix, next, rejoined } from '../fixtures/phoenix-client.js'
import { startServer } from '../fixtures/server.js'

for (const transport of ['websocket', 'longpoll'] as const) {
  t.test(`phoenix.js over ${transport}`, async (t) => {
    const server = await startServer(t)
    const connect = () => connectPhoenix(t, server.url, { transport })

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

    t.test('leaves, and hears nothing any more', async (t) => {
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
  })
}

t.test('phoenix.js sends and receives bytes', async (t) => {
  const server = await startServer(t)
  const channel = connectPhoenix(t, server.url).channel('room:bytes')
  await answer(channel.join())
  const bytes = new Uint8Array([0, 1, 255]).buffer
  const { response } = await answer(channel.push('ping', bytes))
  t.same(new Uint8Array(response as ArrayBuffer), new Uint8Array(bytes))
  const pushed = next(channel, 'blob')
  server.app.phoenix.broadcast('room:bytes', 'blob', Buffer.from([7]))
  t.same(new Uint8Array((await pushed) as ArrayBuffer), new Uint8Array([7]))
})

t.test('phoenix.js comes back when the server was restarted', async (t) => {
  const first = await startServer(t)
  const socket = connectPhoenix(t, first.url)
  const codes: number[] = []
  socket.onClose((event) => void codes.push(event.code))
  const channel = socket.channel('room:a')
  await answer(channel.join())
  const again = rejoined(channel)
  await first.app.close()
  const second = await startServer(t, {}, { port: first.port })
  await again
  t.equal(codes[0], 1012)
  const heard = next(channel, 'news')
  second.app.phoenix.broadcast('room:a', 'news', { back: true })
  t.same(await heard, { back: true })
})

for (const transport of ['websocket', 'longpoll'] as const) {
  t.test(`phoenix.js carries its authToken over ${transport}`, async (t) => {
    const server = await startServer(t, {
      authToken: true,
      connect: (_params, info) => (info.authToken === 'secret/token?' ? { userId: 'alice' } : null)
    })
    const channel = connectPhoenix(t, server.url, { transport, authToken: 'secret/token?' }).channel('room:a')
    t.equal((await answer(channel.join())).status, 'ok')
  })
}
