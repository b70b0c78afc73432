import t, { type Test } from 'tap'
import { startServer } from '../fixtures/consumer-process.js'
import { installPacked } from '../fixtures/packed.js'
import { connectPhoenix, join, push } from '../fixtures/phoenix-client.js'
import { commonJs, examples, javaScript } from '../fixtures/readme.js'

const { folder } = installPacked(t, ['fastify'])
const server = examples['server.ts']

async function answers(t: Test, file: string, code: string): Promise<void> {
  const { url, stderr } = await startServer(t, folder, file, code)
  const socket = connectPhoenix(t, `${url}/socket`, { params: { token: 'alice' } })
  const channel = socket.channel('user:alice')
  t.equal((await join(channel)).status, 'ok')
  t.same(await push(channel, 'call_hook', { plugin: 'arena', fn: 'fire', args: [2, 1] }), {
    status: 'ok',
    response: { data: { hit: true, by: 'alice' } }
  })
  t.equal(stderr(), '', 'Node has nothing to warn of')
}

t.test('the server of README runs where the package is installed', async (t) => {
  await answers(t, 'server.mjs', javaScript(server))
})

t.test('it runs in CommonJS', async (t) => {
  const code = commonJs(server)
  t.match(code, "require('fastify-phoenix')")
  await answers(t, 'server.cjs', code)
})

t.test('CommonJS may register what it required as it is', async (t) => {
  const code = `
    const app = require('fastify')()
    const { defineHooks, userChannel } = require('fastify-phoenix')
    const arena = defineHooks('arena', { fire: (call, x, y) => ({ hit: x > y, by: call.userId }) })
    async function main () {
      await app.register(require('fastify-phoenix'), {
        connect: ({ token }) => ({ userId: token }),
        channels: { 'user:*': userChannel({ hooks: [arena] }) }
      })
      await app.listen({ port: 4000 })
    }
    main()`
  await answers(t, 'registered.cjs', code)
})
