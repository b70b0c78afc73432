import type { Browser, BrowserContext, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { createTokens } from '../../lib/server/tokens.js'
import { launchChromium, noChromium } from '../fixtures/chromium.js'
import { answerTo, bundles, callFromPage } from '../fixtures/page-peer.js'
import { program, type ServerStart, startServer } from '../fixtures/server-process.js'

const skip = noChromium()
let browser: Browser

t.before(async () => {
  if (!skip) browser = await launchChromium()
})
t.after(() => browser?.close())

async function serve(t: Test, start?: ServerStart) {
  const server = await startServer(t, program, start)
  const context = await browser.newContext()
  t.teardown(() => context.close())
  return { ...server, context }
}

async function open(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  return page
}

async function badge(page: Page, name: string, state: string): Promise<void> {
  await page.locator(`#badge-${name}[data-state="${state}"]`).waitFor({ state: 'attached' })
}

async function connected(page: Page): Promise<void> {
  await badge(page, 'socket', 'open')
  await badge(page, 'channel', 'joined')
  await badge(page, 'peer', 'connected')
  await badge(page, 'datachannel', 'open')
}

async function call(
  t: Test,
  page: Page,
  transport: string,
  fn: string,
  args: string
): Promise<string | null> {
  await page.fill('#call-fn', fn)
  await page.fill('#call-args', args)
  await page.check(`#call [value="${transport}"]`, { force: true })
  const before = await page.locator('.result').count()
  await page.click('#call-submit')
  await page.locator('.result').nth(before).waitFor()
  const result = page.locator('.result').first()
  t.equal(await result.getAttribute('data-transport'), transport)
  return result.locator('output').textContent()
}

t.test('the page joins, opens a DataChannel, and calls hooks over both transports', { skip }, async (t) => {
  const { context, url } = await serve(t)
  const page = await context.newPage()
  const problems: string[] = []
  const hosts = new Set<string>()
  page.on('console', (message) => problems.push(message.text()))
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('request', (request) => hosts.add(new URL(request.url()).host))
  await page.goto(url)
  await connected(page)
  t.equal(await page.inputValue('#user'), 'alice')

  for (const transport of ['websocket', 'datachannel']) {
    t.equal(await call(t, page, transport, 'echo', '["hello"]'), '"hello"')
    t.equal(await call(t, page, transport, 'whoami', '[]'), `{"user_id":"alice","transport":"${transport}"}`)
    t.equal(await call(t, page, transport, 'add', '[1, "2"]'), 'invalid_args')
    t.equal(await page.locator('.result').first().getAttribute('data-status'), 'error')
  }
  t.same(problems, [], 'nothing is complained about, the content security policy included')
  t.same([...hosts], [new URL(url).host], 'nothing comes from elsewhere')
})

t.test('round trips are measured over both transports until they are stopped', { skip }, async (t) => {
  const { context, url } = await serve(t)
  const page = await open(context, url)
  await connected(page)
  for (const transport of ['websocket', 'datachannel']) {
    await page.waitForFunction(
      (name) => Number(document.querySelector(`#stats-${name} [data-of=count]`)?.textContent) >= 3,
      transport
    )
    t.match(await page.textContent(`#stats-${transport} [data-of=p50]`), /^\d+(\.\d+)? ms$/)
    t.match(await page.textContent(`#stats-${transport} [data-of=p95]`), /^\d+(\.\d+)? ms$/)
  }
  await page.locator('#chart canvas').waitFor()
  await page.click('#chart-toggle')
  await page.locator('#chart-toggle[data-state=stopped]').waitFor()
})

t.test(
  'the log shows the frames of both transports, and can be filtered and cleared',
  { skip },
  async (t) => {
    const { context, url } = await serve(t)
    const page = await open(context, url)
    await connected(page)
    await call(t, page, 'datachannel', 'time', '[]')

    const visible = (text: string) => page.locator('.frame:visible', { hasText: text }).count()
    t.equal(await visible('user:alice phx_join'), 1)
    t.equal(await visible('webrtc:offer'), 1)
    t.equal(await visible('hook_reply demo.time'), 1)
    t.notMatch(await page.textContent('#frames'), /token=e/, 'the token is left out')

    await page.fill('#frames-filter', 'WebRTC:')
    t.equal(await visible('user:alice phx_join'), 0)
    t.equal(await visible('webrtc:offer'), 1)
    await page.fill('#frames-filter', '')
    await page.uncheck('#frames-websocket')
    t.equal(await visible('webrtc:offer'), 0)
    t.equal(await visible('hook_reply demo.time'), 1)
    await page.locator('.frame', { hasText: 'hook_reply demo.time' }).click()
    t.match(await page.textContent('.frame[open] pre'), /^{"type":"hook_reply","plugin":"demo","fn":"time"/)

    await page.check('#frames-measured')
    await page.locator('.frame[data-measured=true]:visible').first().waitFor()
    await page.click('#frames-pause')
    await page.click('#frames-clear')
    t.equal(await page.locator('.frame').count(), 0)
  }
)

t.test('two tabs chat, and what is said stays text', { skip }, async (t) => {
  const { context, url } = await serve(t)
  const alice = await open(context, url)
  const bob = await open(context, `${url}/?user=bob`)
  for (const page of [alice, bob]) await badge(page, 'room', 'joined')

  await bob.click('#tab-chat')
  await bob.fill('#chat-text', '<img src=x onerror="document.title = 1"> hello')
  await bob.press('#chat-text', 'Enter')
  await bob.locator('#chat-log [data-mine=true]').waitFor()
  await alice.locator('#chat-unread', { hasText: '1' }).waitFor()
  await alice.click('#tab-chat')
  const heard = alice.locator('#chat-log [data-user=bob]')
  t.equal(await heard.locator('span').textContent(), '<img src=x onerror="document.title = 1"> hello')
  t.equal(await alice.locator('#chat-log img').count(), 0)
  t.notOk(await alice.locator('#chat-unread').isVisible())
})

t.test('the page says which node it is on, and the chat works across nodes', { skip }, async (t) => {
  const { context, url } = await serve(t, { args: ['--workers', '2'] })
  const nodeOf = async (page: Page): Promise<string | null> => {
    await page.locator('#badge-node:visible').waitFor()
    return page.locator('#badge-node b').textContent()
  }
  const alice = await open(context, `${url}/?user=alice`)
  const bob = await open(context, `${url}/?user=bob`)
  // Connections go to one node after the other, those for the files of the page too.
  while ((await nodeOf(alice)) === (await nodeOf(bob))) await bob.reload()
  for (const page of [alice, bob]) {
    await page.click('#tab-chat')
    await badge(page, 'room', 'joined')
  }
  await alice.fill('#chat-text', 'hello from another node')
  await alice.press('#chat-text', 'Enter')
  await bob.locator('#chat-log', { hasText: 'hello from another node' }).waitFor()
})

t.test('after a reload everything is there again', { skip }, async (t) => {
  const { context, url } = await serve(t)
  const page = await open(context, `${url}/?user=carol`)
  await connected(page)
  await page.reload()
  await connected(page)
  t.equal(await page.inputValue('#user'), 'carol')
  t.equal(await call(t, page, 'datachannel', 'echo', '[1]'), '1')
})

t.test(
  'after a restart of the server the page joins by itself and opens a new DataChannel',
  { skip },
  async (t) => {
    const { context, url, port, child, ended } = await serve(t)
    const page = await open(context, url)
    await connected(page)
    child.kill('SIGTERM')
    t.equal(await ended, 0)
    await badge(page, 'socket', 'closed')
    await badge(page, 'datachannel', 'closed')
    t.ok(await page.locator('#notice').isVisible())

    // Its secret is another one, so the page has to ask for a new token, too.
    await startServer(t, program, { env: { PORT: String(port) } })
    await connected(page)
    t.notOk(await page.locator('#notice').isVisible())
    t.equal(await call(t, page, 'datachannel', 'echo', '["again"]'), '"again"')
  }
)

t.test('a peer that the server closes is made anew', { skip }, async (t) => {
  const { context, url } = await serve(t, {
    env: { LIMITS: '{"dataChannelMessages":{"count":4,"windowMs":2000}}' }
  })
  const page = await open(context, url)
  await connected(page)
  // Five measured calls a second are more than this server takes.
  await badge(page, 'datachannel', 'closed')
  await page.click('#chart-toggle')
  await connected(page)
})

t.test('a page that cannot open a peer says why, and that it can', { skip }, async (t) => {
  // What is bound to one loopback address is not reached at another.
  const env = { WEBRTC_BIND: '127.0.0.1', WEBRTC_PUBLIC_IP: '127.0.0.9' }
  const { context, url, port, child, ended } = await serve(t, { env })
  const page = await open(context, url)
  const notice = page.locator('#peer-notice')
  await notice.waitFor()
  t.match(await notice.textContent(), /^No DataChannel opens: the server's peers are on 127\.0\.0\.9 alone/)
  await badge(page, 'channel', 'joined')
  child.kill('SIGTERM')
  await ended
  await notice.waitFor({ state: 'hidden' })
  await startServer(t, program, { env: { PORT: String(port), WEBRTC: 'off' } })
  await badge(page, 'peer', 'disabled')
  t.match(await notice.textContent(), /^The server has WebRTC switched off/)
})

t.test('a browser without WebRTC is told so, and calls hooks over the WebSocket', { skip }, async (t) => {
  const { context, url } = await serve(t)
  await context.addInitScript('delete globalThis.RTCPeerConnection')
  const page = await open(context, url)
  await badge(page, 'peer', 'unsupported')
  t.match(await page.textContent('#peer-notice'), /^This browser has no WebRTC/)
  t.equal(await call(t, page, 'websocket', 'echo', '[1]'), '1')
})

t.test('the page knows what may be in the way of a peer', { skip }, async (t) => {
  const { context, url } = await serve(t)
  const page = await open(context, url)
  const explain = (facts: object, remote: string[] = [], local = ['candidate:x']) =>
    page.evaluate(
      async ([facts, remote, local]) => {
        const module = '/assets/peer-trouble.js'
        const { explainTrouble } = await import(module)
        return explainTrouble({ ...facts, remote: new Set(remote), local: new Set(local) }) as string
      },
      [facts, remote, local] as const
    )
  const outside = 'candidate:1 1 UDP 1 203.0.113.7 1 typ host'
  const isAnswered = true
  t.match(await explain({ refusal: 'rate_limited' }), 'answers the offer with "rate_limited"')
  t.match(await explain({}), 'does not answer')
  t.match(await explain({ isAnswered }), 'names no address of its peers')
  for (const facts of [{}, { isAnswered }]) {
    t.match(await explain({ isOffered: true, ...facts }, [outside], []), 'this browser names no address')
  }
  t.match(await explain({ isOffered: true }), 'does not answer')
  t.match(await explain({ isAnswered }, [outside, outside]), 'between this browser and 203.0.113.7. A')
  t.match(await explain({ isAnswered, isReached: true }, [outside]), 'DTLS or SCTP')
})

t.test('each peer of the page is an RTCPeerConnection of its own', { skip }, async (t) => {
  const { context, url, port, child, ended } = await serve(t)
  await context.addInitScript(() => {
    const offers: RTCPeerConnection[] = []
    const { setLocalDescription } = RTCPeerConnection.prototype
    Object.assign(RTCPeerConnection.prototype, {
      setLocalDescription(this: RTCPeerConnection) {
        offers.push(this)
        return (setLocalDescription as () => Promise<void>).call(this)
      }
    })
    Object.assign(globalThis, { offers })
  })
  const page = await open(context, url)
  await connected(page)
  child.kill('SIGTERM')
  await ended
  await badge(page, 'datachannel', 'closed')
  await startServer(t, program, { env: { PORT: String(port) } })
  await connected(page)
  const counts = await page.evaluate(() => {
    const { offers } = globalThis as unknown as { offers: object[] }
    return [offers.length, new Set(offers).size]
  })
  t.ok((counts[0] as number) > 1)
  t.equal(counts[0], counts[1])
})

t.test('a DataChannel opens beside media, however they are bundled', { skip }, async (t) => {
  const { context, url } = await serve(t)
  const page = await open(context, url)
  for (const bundle of bundles) {
    const name = `${bundle.bundlePolicy} ${bundle.media}`
    t.equal(await page.evaluate(callFromPage, { userId: name, ...bundle }), answerTo(name), name)
  }
})

t.test('without dev login the page asks for a token and keeps it over a reload', { skip }, async (t) => {
  const env = { TOKEN_SECRET: 'a secret that is long enough for HS256' }
  const { context, url } = await serve(t, { env })
  const page = await open(context, url)
  await page.fill('#token', 'nonsense')
  await page.click('#token-form button')
  await page.locator('#notice:visible').waitFor()
  await page.fill('#token', await createTokens(env.TOKEN_SECRET).sign('dora', 60))
  await page.click('#token-form button')
  await connected(page)
  t.equal(await page.inputValue('#user'), 'dora')
  await page.reload()
  await connected(page)
})

// The browser keeps this process alive until it is closed.
t.end()
