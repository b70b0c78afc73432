import t from 'tap'
import { answer, connectPhoenix, next, rejoined } from '../fixtures/phoenix-client.js'
import { startServer } from '../fixtures/server.js'

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
