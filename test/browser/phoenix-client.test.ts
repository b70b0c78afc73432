import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { TransportName } from '../../lib/protocol/constants.js'
import phoenix, { defineChannel, type PhoenixOptions } from '../../plugins/phoenix.js'
import { breakages, startBreakingProxy } from '../fixtures/breaking-proxy.js'
import { launchChromium, noChromium } from '../fixtures/chromium.js'
import { type PhoenixModule, type PhoenixVersion, phoenixVersions } from '../fixtures/phoenix-versions.js'
import { root } from '../fixtures/root.js'
import { listen, type TestServer } from '../fixtures/server.js'

const skip = noChromium()
let browser: Browser

t.before(async () => {
  if (!skip) browser = await launchChromium()
})
t.after(() => browser?.close())

/** Replies to a join with what carries the socket. */
const room = defineChannel({
  join: (_params, { socket }) => ({ status: 'ok', response: { ...socket.assigns, over: socket.transport } }),
  handleIn: {
    ping: (payload) => ({ status: 'ok', response: payload }),
    shout: (payload, channel) => channel.broadcast('shout', payload as object)
  }
})

async function serve(t: Test, mount: Partial<PhoenixOptions> = {}): Promise<TestServer> {
  const app = Fastify()
  await app.register(phoenix, {
    connect: ({ vsn = '1.0.0' }, { authToken }) => ({ vsn, authToken }),
    channels: { 'room:*': room },
    webrtc: false,
    ...mount
  })
  app.get('/', (_request, reply) => reply.type('text/html').send('<!doctype html><title>test</title>'))
  return listen(t, app)
}

/** A page of that origin with one version of phoenix.js in it. */
async function open(t: Test, origin: string, version: PhoenixVersion): Promise<Page> {
  const context = await browser.newContext()
  t.teardown(() => context.close())
  const page = await context.newPage()
  await page.goto(origin)
  await load(page, version)
  return page
}

async function load(page: Page, { folder }: PhoenixVersion): Promise<void> {
  const script = new URL(`node_modules/${folder}/priv/static/phoenix.js`, root)
  await page.addScriptTag({ path: fileURLToPath(script) })
}

interface Conversation {
  url: string
  transport: TransportName
  options?: object
}

/** Joins, pushes and broadcasts in the page; resolves to what came back. */
function converse(page: Page, conversation: Conversation) {
  return page.evaluate(({ url, transport, options }: Conversation) => {
    const { LongPoll, Socket } = (window as unknown as { Phoenix: PhoenixModule }).Phoenix
    const socket = new Socket(url, { transport: transport === 'longpoll' ? LongPoll : WebSocket, ...options })
    socket.connect()
    const channel = socket.channel('room:a')
    return new Promise<{ joined: object; ponged: object; heard: object }>((resolve) => {
      channel.join().receive('ok', (joined: object) => {
        channel.push('ping', { x: 'ä' }).receive('ok', (ponged: object) => {
          channel.on('shout', (heard: object) => resolve({ joined, ponged, heard }))
          channel.push('shout', { n: 1 })
        })
      })
    })
  }, conversation)
}

const told = { ponged: { x: 'ä' }, heard: { n: 1 } }

for (const version of phoenixVersions) {
  for (const transport of version.inChromium) {
    t.test(`${version.name} in Chromium over ${transport}`, { skip }, async (t) => {
      const { base } = await serve(t)
      const page = await open(t, base, version)
      const joined = { vsn: version.vsn, over: transport }
      t.match(await converse(page, { url: '/socket', transport }), { joined, ...told })
    })
  }
}

t.test('a page of another origin polls, when it may', { skip }, async (t) => {
  const [own, other] = [await serve(t), await serve(t, { checkOrigin: false, authToken: true })]
  for (const version of phoenixVersions.filter(({ inChromium }) => inChromium.includes('longpoll'))) {
    const page = await open(t, own.base, version)
    const url = `${other.base}/socket`
    const options = { authToken: 'secret' }
    const { joined } = await converse(page, { url, transport: 'longpoll', options })
    // Only the newest version knows of tokens beside the URL, and sends them in a header.
    t.match(
      joined,
      { over: 'longpoll', authToken: version.name === 'phoenix.js 1.8' ? 'secret' : null },
      version.name
    )
  }
})

for (const breakage of breakages) {
  t.test(
    `before a WebSocket whose proxy ${breakage}, phoenix.js falls back to polling`,
    { skip },
    async (t) => {
      const { port } = await serve(t, { checkOrigin: false })
      const proxy = await startBreakingProxy(t, port, breakage)
      for (const version of phoenixVersions.filter(({ fallsBackToLongPoll }) => fallsBackToLongPoll)) {
        const page = await open(t, proxy, version)
        const conversation = {
          url: '/socket',
          transport: 'websocket',
          options: { longPollFallbackMs: 300 }
        } as const
        const fallenBack = { joined: { vsn: '2.0.0', over: 'longpoll' }, ...told }
        t.match(await converse(page, conversation), fallenBack, version.name)
        const webSockets: unknown[] = []
        page.on('websocket', (webSocket) => webSockets.push(webSocket))
        await page.reload()
        await load(page, version)
        t.match(await converse(page, conversation), fallenBack, `${version.name}, after a reload`)
        t.same(webSockets, [], 'which it remembers')
      }
    }
  )
}

// The browser keeps this process alive until it is closed.
t.end()
