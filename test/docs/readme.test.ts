import type { AddressInfo } from 'node:net'
import { join as joinPath } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { RTCPeerConnection } from 'node-datachannel/polyfill'
import type { Channel } from 'phoenix'
import t from 'tap'
import { WebSocket } from 'ws'
import type { HookClient } from '../../lib/client/client.js'
import { modulesOf, programOf } from '../fixtures/documents.js'
import { connectPhoenix, join, next, push } from '../fixtures/phoenix-client.js'

const {
  'server.js': server = '',
  'client.js': client = '',
  'hooks-client.js': hooks = ''
} = programOf('README.md')

t.test('the plugin in an app takes less than 35 lines', async (t) => {
  const lines = `${modulesOf('README.md')['server.ts']}`.trim().split('\n').length
  t.ok(lines > 10 && lines < 35, `${lines} lines`)
})

t.test('the app and the clients of the README do what the README says', async (t) => {
  const files = { 'server.js': `${server.replace('port: 4000', 'port: 0')}\nexport { app }\n` }
  const folder = t.testdir(files)
  const { app } = (await import(joinPath(folder, 'server.js'))) as { app: FastifyInstance }
  t.teardown(() => app.close())
  const { port } = app.server.address() as AddressInfo
  const base = `http://127.0.0.1:${port}`

  t.test('channels, hooks and routes', async (t) => {
    const socket = connectPhoenix(t, `${base}/socket`, { params: { token: 'alice' } })
    const channel = socket.channel('user:alice')
    t.equal((await join(channel)).status, 'ok')
    t.same(await push(channel, 'call_hook', { plugin: 'arena', fn: 'fire', args: [2, 1] }), {
      status: 'ok',
      response: { data: { hit: true, by: 'alice' } }
    })

    const room = socket.channel('room:lobby')
    t.same(await join(room), { status: 'ok', response: { topic: 'room:lobby' } })
    t.same(await push(room, 'ping'), { status: 'ok', response: { pong: true } })
    const shout = next(room, 'shout')
    room.push('shout', { text: 'hi' }, 1)
    t.same(await shout, { text: 'hi' })

    const notice = next(channel, 'notice')
    const response = await fetch(`${base}/users/alice/notices`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'news' })
    })
    t.same(await response.json(), { sent: true })
    t.same(await notice, { text: 'news' })
  })

  t.test('the clients, with what browsers have', async (t) => {
    Object.assign(globalThis, { WebSocket, RTCPeerConnection })
    const logged = t.capture(console, 'log')
    const folder = t.testdir({
      'client.js': client.replace("'/socket'", `'ws://127.0.0.1:${port}/socket'`),
      'hooks-client.js': `${hooks}\nexport { client }\n`
    })
    const { channel } = (await import(joinPath(folder, 'client.js'))) as { channel: Channel }
    const module = (await import(joinPath(folder, 'hooks-client.js'))) as { client: HookClient }
    t.teardown(() => {
      module.client.close()
      ;(channel as unknown as { socket: { disconnect(): void } }).socket.disconnect()
    })
    await new Promise<void>((resolve) => {
      const look = (transport: string): void => void (transport === 'datachannel' && resolve())
      module.client.on('transport', look)
      look(module.client.transport)
    })
    t.same(await module.client.call('arena', 'fire', 1, 2), { hit: false, by: 'alice' })
    // When the client changes its transport is another matter.
    const printed: unknown[] = logged.args().map((args) => args[0])
    t.match(
      printed.filter((each) => typeof each === 'object'),
      [{ hit: true, by: 'alice' }]
    )
    t.ok(printed.includes('datachannel'))
  })
})
