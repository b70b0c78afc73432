import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join as joinPath } from 'node:path'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { connectPhoenix, join, next, push } from '../fixtures/phoenix-client.js'
import { root } from '../fixtures/root.js'

const readme = await readFile(new URL('README.md', root), 'utf8')
const [, example = ''] = /^## In your app\n+```js\n(.*?)```/ms.exec(readme) ?? []

t.test('the plugin in an app takes less than 30 lines', async (t) => {
  const lines = example.trim().split('\n').length
  t.ok(lines > 10 && lines < 30, `${lines} lines`)
})

t.test('the app of the README does what the README says', async (t) => {
  const file = 'app.mjs'
  const folder = t.testdir({ [file]: `${example.replace('port: 4000', 'port: 0')}\nexport { app }\n` })
  const { app } = (await import(joinPath(folder, file))) as { app: FastifyInstance }
  t.teardown(() => app.close())
  const { port } = app.server.address() as AddressInfo
  const base = `http://127.0.0.1:${port}`
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
