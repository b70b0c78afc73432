import type { Browser } from 'playwright-core'
import t from 'tap'
import { launchChromium, noChromium } from '../fixtures/chromium.js'
import { badge, call, connected, open, servePage } from '../fixtures/page.js'
import { answerTo, bundles, callFromPage } from '../fixtures/page-peer.js'
import { program, startServer } from '../fixtures/server-process.js'

const skip = noChromium()
let browser: Browser

t.before(async () => {
  if (!skip) browser = await launchChromium()
})
t.after(() => browser?.close())

t.test(
  'after a restart of the server the page joins by itself and opens a new DataChannel',
  { skip },
  async (t) => {
    const { context, url, port, child, ended } = await servePage(t, browser)
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
  const { context, url } = await servePage(t, browser, {
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
  const { context, url, port, child, ended } = await servePage(t, browser, { env })
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
  const { context, url } = await servePage(t, browser)
  await context.addInitScript('delete globalThis.RTCPeerConnection')
  const page = await open(context, url)
  await badge(page, 'peer', 'unsupported')
  t.match(await page.textContent('#peer-notice'), /^This browser has no WebRTC/)
  t.equal(await call(t, page, 'websocket', 'echo', '[1]'), '1')
})

t.test('a browser that makes no peer is quoted', { skip }, async (t) => {
  const { context, url } = await servePage(t, browser)
  await context.addInitScript(() => {
    Object.assign(globalThis, {
      RTCPeerConnection: class {
        constructor() {
          throw new Error('Cannot create so many')
        }
      }
    })
  })
  const notice = (await open(context, url)).locator('#peer-notice')
  await notice.waitFor()
  t.match(
    await notice.textContent(),
    /^No DataChannel opens: this browser makes no offer: Cannot create so many/
  )
})

t.test('the page knows what may be in the way of a peer', { skip }, async (t) => {
  const { context, url } = await servePage(t, browser)
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
  t.match(
    await explain({ failure: 'No more of them' }, [], []),
    'this browser makes no offer: No more of them'
  )
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
  const { context, url, port, child, ended } = await servePage(t, browser)
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
  const { context, url } = await servePage(t, browser)
  const page = await open(context, url)
  for (const bundle of bundles) {
    const name = `${bundle.bundlePolicy} ${bundle.media}`
    t.equal(await page.evaluate(callFromPage, { userId: name, ...bundle }), answerTo(name), name)
  }
})

// The browser keeps this process alive until it is closed.
t.end()
