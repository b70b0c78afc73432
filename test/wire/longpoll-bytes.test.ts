import t from 'tap'
import { defineChannel } from '../../plugins/phoenix.js'
import { answer, connectPhoenix, join, next, push } from '../fixtures/phoenix-client.js'
import { startServer } from '../fixtures/server.js'

const bytes = Buffer.from([0, 255, 128])

const room = defineChannel({
  join: (params) => ({ status: 'ok', response: (params as { bytes?: boolean }).bytes ? bytes : {} }),
  handleIn: {
    push(_payload, channel) {
      try {
        channel.push('bytes', bytes)
      } catch (err) {
        return { status: 'error', response: { code: (err as { code?: string }).code } }
      }
      return { status: 'ok' }
    },
    reply: () => ({ status: 'ok', response: bytes }),
    broadcast(_payload, channel) {
      channel.broadcast('bytes', bytes)
      channel.broadcast('text', {})
      return { status: 'ok' }
    }
  }
})

t.test('bytes pass a long-poll client by in broadcasts, and are an error elsewhere', async (t) => {
  const { app, base } = await startServer(t, { channels: { 'room:*': room } })
  const socket = connectPhoenix(t, `${base}/socket`, { transport: 'longpoll' })
  const other = connectPhoenix(t, `${base}/socket`)
  const [channel, others] = [socket.channel('room:a'), other.channel('room:a')]
  let got = 0
  channel.on('bytes', () => {
    got++
  })
  await Promise.all([join(channel), join(others)])

  const broadcast = [next(others, 'bytes'), next(channel, 'text')]
  t.equal((await push(channel, 'broadcast')).status, 'ok')
  t.same(Buffer.from((await broadcast[0]) as ArrayBuffer), bytes)
  await broadcast[1]
  app.phoenix.broadcast('room:a', 'bytes', bytes)
  t.same(await push(channel, 'push'), {
    status: 'error',
    response: { code: 'PHX_ERR_SERIALIZER_ENCODE' }
  })
  t.equal((await push(others, 'push')).status, 'ok')

  const crashed = new Promise<void>((resolve) => channel.onError(() => resolve()))
  channel.push('reply', {})
  await crashed
  t.equal((await answer(socket.channel('room:b', { bytes: true }).join())).status, 'error')
  t.equal(socket.isConnected(), true)
  t.equal(got, 0)
})
