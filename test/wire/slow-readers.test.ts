import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { defineChannel, type PhoenixOptions } from '../../plugins/phoenix.js'
import { certificate } from '../fixtures/certificate.js'
import { startServer } from '../fixtures/server.js'

const size = 200_000
const count = 150
const crumb = 10_000

/** Text that compression makes little of. */
const random = (bytes: number): string => {
  let text = ''
  for (let i = 0; text.length < bytes; i++) text += Math.sin(i).toString(36).slice(3)
  return text.slice(0, bytes)
}
const fill = random(size)

const channel = defineChannel({
  join: () => ({ status: 'ok' }),
  handleIn: {
    burst(_payload, joined) {
      for (let i = 0; i < count; i++) joined.push('part', { i, fill })
      return { status: 'ok' }
    },
    crumbs(_payload, joined) {
      for (let i = 0; i < 1000; i++) {
        const from = (i * crumb) % size
        joined.push('part', { fill: fill.slice(from, from + crumb) })
      }
      return { status: 'ok' }
    }
  }
})

const ways = [
  ['a plain WebSocket', {}, {}, {}],
  ['TLS', { https: certificate }, {}, {}],
  ['a compressed WebSocket', {}, { websocket: { compress: true } }, { perMessageDeflate: true }]
] as const

async function joined(t: Test, [, server, mount, client]: (typeof ways)[number], queueStallMs: number) {
  const options: Partial<PhoenixOptions> = { ...mount, channels: { 'room:*': channel } }
  options.limits = { queuedBytes: 1_000_000, queueStallMs }
  const { app, url } = await startServer(t, options, server as object)
  const to = 'https' in server ? url.replace(/^ws/, 'wss') : url
  const ws = new WebSocket(`${to}/websocket?vsn=2.0.0`, { rejectUnauthorized: false, ...client })
  t.teardown(() => ws.terminate())
  await once(ws, 'open')
  t.equal(ws.extensions !== '', 'perMessageDeflate' in client)
  ws.send('["1","1","room:a","phx_join",{}]')
  await once(ws, 'message')
  return { app, ws }
}

for (const way of ways) {
  t.test(`who reads slowly, but steadily, gets everything over ${way[0]}`, async (t) => {
    const { app, ws } = await joined(t, way, 3000)
    let got = 0
    const all = new Promise<void>((resolve, reject) => {
      ws.on('close', () => reject(new Error(`closed after ${got}`)))
      ws.on('message', (data) => {
        if (!String(data).includes('"phx_reply"')) got++
        else resolve()
        ws.pause()
        setTimeout(() => ws.resume(), 35)
      })
    })
    ws.send('["1","2","room:a","burst",{}]')
    await all
    t.equal(got, count)
    t.equal(app.phoenix.stats.slowClosed, 0)
  })

  t.test(`who reads less than the system makes room for at once is not ended over ${way[0]}`, async (t) => {
    const { app, ws } = await joined(t, way, 3000)
    ws.send('["1","2","room:a","crumbs",{}]')
    // Some 200 KB a second, and less in all than what the system asks for more at.
    const until = performance.now() + 6000
    while (performance.now() < until) {
      ws.resume()
      await once(ws, 'message')
      ws.pause()
      await pause(300)
    }
    t.equal(app.phoenix.stats.slowClosed, 0)
  })

  t.test(`who stops reading is ended over ${way[0]}`, async (t) => {
    const { app, ws } = await joined(t, way, 400)
    ws.pause()
    ws.send('["1","2","room:a","burst",{}]')
    while (app.phoenix.stats.slowClosed === 0) await new Promise(setImmediate)
    ws.resume()
    await once(ws, 'close')
    t.equal(app.phoenix.stats.slowClosed, 1)
  })
}
