import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { defineChannel } from '../../plugins/phoenix.js'
import { answer, connectPhoenix } from '../fixtures/phoenix-client.js'
import { connectionOf } from '../fixtures/phoenix-internals.js'
import { startServer } from '../fixtures/server.js'

// Runs on plain loopback, which swallows several MB, and in small-mtu.test.ts where it behaves like a network.

const fill = (bytes: number): string => 'x'.repeat(bytes)

const channel = defineChannel({
  join: (params, joined) => {
    const { bytes = 0, pushes = 0 } = params as { bytes?: number; pushes?: number }
    joined.defer(() => {
      for (let i = 0; i < pushes; i++) joined.push('after', { i })
    })
    return { status: 'ok', response: { fill: fill(bytes) } }
  },
  handleIn: {
    burst(payload, joined) {
      const { count, bytes } = payload as { count: number; bytes: number }
      for (let i = 0; i < count; i++) joined.push('part', { i, fill: fill(bytes) })
      return { status: 'ok' }
    }
  }
})

for (const transport of ['websocket', 'longpoll'] as const) {
  t.test(`a burst reaches a client that reads, over ${transport}`, async (t) => {
    const { app, url, base } = await startServer(t, { channels: { 'room:*': channel } })
    const socket = connectPhoenix(t, transport === 'websocket' ? url : `${base}/socket`, { transport })
    let opened = 0
    socket.onOpen(() => {
      opened++
    })
    const room = socket.channel('room:a', { bytes: 1_200_000, pushes: 9000 })
    const parts: number[] = []
    let after = 0
    room.on('part', ({ i }: { i: number }) => {
      parts.push(i)
    })
    room.on('after', () => {
      after++
    })
    t.equal((await answer(room.join())).status, 'ok')
    for (const [count, bytes] of [
      [30, 200_000],
      [1, 1_100_000],
      [2, 12_000_000],
      [1, 20_000_000]
    ] as const) {
      parts.length = 0
      t.equal((await answer(room.push('burst', { count, bytes }, 60_000))).status, 'ok')
      t.equal(parts.length, count, `${count} of ${bytes}`)
    }
    t.equal(after, 9000)
    t.equal(opened, 1)
    t.equal(app.phoenix.stats.slowClosed, 0)
  })
}

t.test('a client that pauses gets a large broadcast, and the small one behind it', async (t) => {
  const { app, url } = await startServer(t)
  const socket = connectPhoenix(t, url)
  let opened = 0
  socket.onOpen(() => {
    opened++
  })
  const room = socket.channel('room:a')
  await answer(room.join())
  const small = new Promise((resolve) => room.on('small', resolve))
  const conn = connectionOf(socket)
  conn.pause()
  app.phoenix.broadcast('room:a', 'large', { fill: fill(20_000_000) })
  await sleep(20)
  app.phoenix.broadcast('room:a', 'small', {})
  await sleep(300)
  app.phoenix.broadcast('room:a', 'small', {})
  conn.resume()
  await small
  t.equal(opened, 1)
})

t.test('a client that stops reading is ended, and no other', async (t) => {
  const { app, url } = await startServer(t, { limits: { queueStallMs: 1500 } })
  const [deaf, quick] = [connectPhoenix(t, url), connectPhoenix(t, url)]
  for (const socket of [deaf, quick]) await answer(socket.channel('room:b').join())
  const conn = connectionOf(deaf)
  conn.pause()
  const ended = new Promise<void>((resolve) => {
    const look = setInterval(() => {
      if (app.phoenix.stats.slowClosed === 0) return
      clearInterval(look)
      resolve()
    }, 20)
  })
  app.phoenix.broadcast('room:b', 'large', { fill: fill(20_000_000) })
  await ended
  conn.resume()
  t.equal(app.phoenix.stats.slowClosed, 1)
})
