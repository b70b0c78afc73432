import type { Browser, Page } from 'playwright-core'
import t from 'tap'
import { createTokens } from '../../lib/server/tokens.js'
import { launchChromium, noChromium } from '../fixtures/chromium.js'
import { badge, call, connected, open, servePage } from '../fixtures/page.js'

const skip = noChromium()
let browser: Browser

t.before(async () => {
  if (!skip) browser = await launchChromium()
})
t.after(() => browser?.close())

t.test('the page joins, opens a DataChannel, and calls hooks over both transports', { skip }, async (t) => {
  const { context, url } = await servePage(t, browser)
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
  const { context, url } = await servePage(t, browser)
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
    const { context, url } = await servePage(t, browser)
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
  const { context, url } = await servePage(t, browser)
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
  const { context, url } = await servePage(t, browser, { args: ['--workers', '2'] })
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
  const { context, url } = await servePage(t, browser)
  const page = await open(context, `${url}/?user=carol`)
  await connected(page)
  await page.reload()
  await connected(page)
  t.equal(await page.inputValue('#user'), 'carol')
  t.equal(await call(t, page, 'datachannel', 'echo', '[1]'), '1')
})

t.test('without dev login the page asks for a token and keeps it over a reload', { skip }, async (t) => {
  const env = { TOKEN_SECRET: 'a secret that is long enough for HS256' }
  const { context, url } = await servePage(t, browser, { env })
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
