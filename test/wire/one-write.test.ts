import { once } from 'node:events'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { defineChannel } from '../../plugins/phoenix.js'
import { certificate } from '../fixtures/certificate.js'
import { startServer } from '../fixtures/server.js'

const count = 50

const room = defineChannel({
  join: () => ({ status: 'ok' }),
  handleIn: {
    burst(_payload, channel) {
      for (let i = 0; i < count; i++) channel.push('part', { i })
      return { status: 'ok' }
    },
    async slow(_payload, channel) {
      await null
      for (let i = 0; i < count; i++) channel.push('part', { i })
      return { status: 'ok' }
    },
    bye(_payload, channel) {
      for (let i = 0; i < count; i++) channel.push('part', { i })
      channel.socket.disconnect()
    }
  }
})

/** The writes to a connection from now on. */
function countWrites(socket: Socket): () => number {
  let writes = 0
  for (const name of ['_write', '_writev'] as const) {
    const write = Reflect.get(socket, name) as (...args: unknown[]) => unknown
    Reflect.set(socket, name, (...args: unknown[]) => {
      writes++
      return Reflect.apply(write, socket, args)
    })
  }
  return () => writes
}

const ways = [
  ['a plain connection', {}, 'connection'],
  ['TLS', { https: certificate }, 'secureConnection']
] as const

async function joined(t: Test, [, server, event]: (typeof ways)[number]) {
  const { app, url } = await startServer(t, { channels: { 'room:*': room } }, server as object)
  const connected = once(app.server, event)
  const to = 'https' in server ? url.replace(/^ws/, 'wss') : url
  const ws = new WebSocket(`${to}/websocket?vsn=2.0.0`, { rejectUnauthorized: false })
  t.teardown(() => ws.terminate())
  const [socket] = (await connected) as [Socket]
  await once(ws, 'open')
  ws.send('["1","1","room:a","phx_join",{}]')
  await once(ws, 'message')
  return { ws, writes: countWrites(socket) }
}

/** The numbers of the parts that come, until the reply. */
function parts(ws: WebSocket): Promise<number[]> {
  const got: number[] = []
  return new Promise((resolve) => {
    // Many come at once, too many for one wait after the other.
    ws.on('message', function listen(data) {
      const [, , , event, payload] = JSON.parse(String(data)) as [
        string,
        string,
        string,
        string,
        { i: number }
      ]
      if (event !== 'phx_reply') return void got.push(payload.i)
      ws.off('message', listen)
      resolve(got)
    })
  })
}

const all = Array.from({ length: count }, (_, i) => i)

for (const way of ways) {
  for (const event of ['burst', 'slow']) {
    t.test(`frames of one turn to one client take two writes over ${way[0]}: ${event}`, async (t) => {
      const { ws, writes } = await joined(t, way)
      ws.send(`["1","2","room:a","${event}",{}]`)
      t.same(await parts(ws), all)
      t.equal(writes(), 2)
      ws.send(`["1","3","room:a","${event}",{}]`)
      t.same(await parts(ws), all)
      t.equal(writes(), 3, 'one, where the last turn had many')
    })
  }

  t.test(`the close frame comes behind frames of its turn over ${way[0]}`, async (t) => {
    const { ws } = await joined(t, way)
    const got: string[] = []
    ws.on('message', (data) => got.push(String(data)))
    ws.send('["1","2","room:a","bye",{}]')
    const [code] = (await once(ws, 'close')) as [number]
    t.equal(code, 1001)
    t.equal(got.filter((text) => text.includes('"part"')).length, count)
  })
}
