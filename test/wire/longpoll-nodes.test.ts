import t from 'tap'
import { defineChannel } from '../../plugins/phoenix.js'
import { startNodes } from '../fixtures/nodes.js'
import { answer, connectPhoenix, join, push } from '../fixtures/phoenix-client.js'
import { spreadOver } from '../fixtures/spread.js'

const megabyte = 'é'.repeat(600_000)

const room = defineChannel({
  join: () => ({ status: 'ok', response: { fill: megabyte } }),
  handleIn: {
    ping: (payload: object) => ({ status: 'ok', response: payload }),
    size: (payload: Uint8Array | { fill: string }) => ({
      status: 'ok',
      response: {
        bytes: payload instanceof Uint8Array ? [...payload] : null,
        size: payload instanceof Uint8Array ? payload.length : payload.fill.length
      }
    }),
    shout: (payload: object, channel) => channel.broadcast('shout', payload)
  }
})

const channels = { 'room:*': room }
const limits = { frameBytes: 4 * 1024 * 1024, joins: { count: 1000, windowMs: 1000 } }

t.test('phoenix.js whose requests each reach another node is served as by one', async (t) => {
  const { nodes, ports } = await startNodes(t, 3, { channels, limits: { frameBytes: limits.frameBytes } })
  const spread = await spreadOver(t, ports)
  const socket = connectPhoenix(t, spread.url, { transport: 'longpoll', params: { user_id: 'alice' } })
  const channel = socket.channel('room:a')
  const joined = await join(channel)
  t.equal(joined.status, 'ok')
  t.equal(joined.response.fill, megabyte, 'a large reply to a join')
  t.same((await push(channel, 'ping', { x: 1 })).response, { x: 1 })

  const fill = 'y'.repeat(1024 * 1024)
  t.equal((await push(channel, 'size', { fill })).response.size, fill.length, 'a large push')
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
  const binary = await answer(channel.push('size', bytes.buffer as unknown as object))
  t.same(binary.response, { bytes: [...bytes], size: 256 })
  const large = new Uint8Array(300_000).fill(7)
  t.equal((await answer(channel.push('size', large.buffer as unknown as object))).response.size, 300_000)

  const heard: number[] = []
  const all = new Promise<void>((resolve) => {
    channel.on('news', ({ n }) => {
      if (heard.push(n) === 600) resolve()
    })
  })
  for (let n = 0; n < 600; n++) {
    nodes[0]?.app.phoenix.broadcast('room:a', 'news', { n })
    if (n % 20 === 0) await push(channel, 'ping', { n })
  }
  await all
  t.same(heard, [...heard.keys()], 'each once, in order')
  const shouted: number[] = []
  const shouts = new Promise<void>((resolve) => {
    channel.on('shout', ({ n }) => {
      if (shouted.push(n) === 300) resolve()
    })
  })
  for (let n = 0; n < 300; n++) channel.push('shout', { n })
  await shouts
  t.same(shouted, [...shouted.keys()], 'what a client pushes is taken in order')
  t.ok(
    ports.every((port) => Number(spread.counts.get(port)) > 10),
    'all nodes were asked'
  )
  t.equal(
    nodes.reduce((sum, { app }) => sum + app.phoenix.socketCount, 0),
    1
  )
})
