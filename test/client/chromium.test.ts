import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import type { Browser } from 'playwright-core'
import t from 'tap'
import type * as clientModule from '../../lib/client/client.js'
import phoenix, { userChannel } from '../../plugins/phoenix.js'
import { launchChromium, noChromium } from '../fixtures/chromium.js'
import { bundleClient } from '../fixtures/client-bundle.js'
import { root } from '../fixtures/root.js'
import { listen } from '../fixtures/server.js'
import { calls } from '../fixtures/user-server.js'

type Phoenix = typeof import('phoenix')

const skip = noChromium()
let browser: Browser

t.before(async () => {
  if (!skip) browser = await launchChromium()
})
t.teardown(() => browser?.close())

const phoenixScript = fileURLToPath(new URL('node_modules/phoenix/priv/static/phoenix.js', root))

t.test(
  'in Chromium calls go over a DataChannel, around it when it is lost, and back',
  { skip },
  async (t) => {
    // Chromium keeps connections in stock that it never uses.
    const app = Fastify({ forceCloseConnections: true })
    await app.register(phoenix, {
      connect: ({ user_id }) => ({ userId: user_id }),
      id: ({ assigns }) => `user_socket:${assigns.userId}`,
      channels: { 'user:*': userChannel({ hooks: [calls] }) },
      webrtc: { bindAddress: '127.0.0.1' }
    })
    app.get('/', (_request, reply) => reply.type('text/html').send('<!doctype html><title>test</title>'))
    const { base } = await listen(t, app)
    const context = await browser.newContext()
    t.teardown(() => context.close())
    const page = await context.newPage()
    await page.goto(base)
    await page.addScriptTag({ path: phoenixScript })
    await page.addScriptTag({ content: await bundleClient('client', 'iife') })

    const outcome = await page.evaluate(async () => {
      const { Phoenix, hookClient } = window as unknown as {
        Phoenix: Phoenix
        hookClient: typeof clientModule
      }
      const socket = new Phoenix.Socket('/socket', { params: { user_id: 'alice' } })
      socket.connect()
      const channel = socket.channel('user:alice')
      const client = hookClient.createHookClient<typeof calls>(channel, {
        dataChannels: { state: { ordered: false, maxRetransmits: 0 } },
        reopenAfterMs: () => 1
      })
      const transports: string[] = []
      const data: unknown[] = []
      client.on('transport', (transport) => transports.push(transport))
      const reaches = (wanted: string) =>
        new Promise<void>((resolve) => {
          const off = client.on('transport', (transport) => {
            if (transport !== wanted) return
            off()
            resolve()
          })
        })
      const opened = reaches('datachannel')
      channel.join()
      const early = await client.call('calls', 'whoami')
      await opened
      const fast = await client.call('calls', 'whoami')
      const many = await Promise.all([1, 2, 3].map((value) => client.call('calls', 'later', value)))
      const refused = await client.call('calls', 'refuses').catch((err) => err.reason)
      const received = new Promise<void>((resolve) => {
        client.on('data', (label, text) => {
          data.push([label, text])
          if (data.length === 2) resolve()
        })
      })
      await client.call('calls', 'sends', 'state', 'x')
      await client.call('calls', 'sends', 'elsewhere', 'y')
      await received

      const lost = client.call('calls', 'hangs').catch((err) => err.reason)
      const down = reaches('channel')
      channel.push('webrtc:close', {})
      await down
      const back = reaches('datachannel')
      await back
      const again = await client.call('calls', 'whoami')
      client.close()
      return { early, fast, many, refused, data, lost: await lost, again, transports, state: client.state }
    })
    const [over, around] = ['datachannel', 'websocket'].map((transport) => ({ userId: 'alice', transport }))
    t.same(outcome, {
      early: around,
      fast: over,
      many: [1, 2, 3],
      refused: 'not_today',
      data: [
        ['state', 'x'],
        ['elsewhere', 'y']
      ],
      lost: 'connection_lost',
      again: over,
      transports: ['channel', 'datachannel', 'channel', 'datachannel', 'none'],
      state: 'closed'
    })
  }
)
