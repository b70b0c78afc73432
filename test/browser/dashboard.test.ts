import type { Browser } from 'playwright-core'
import t from 'tap'
import { launchChromium, noChromium } from '../fixtures/chromium.js'
import { hostile } from '../fixtures/dashboard-data.js'
import { cell, live, openDashboard, rows, shown } from '../fixtures/dashboard-page.js'
import { QuietData } from '../fixtures/dashboard-quiet.js'

const skip = noChromium()
let browser: Browser

t.before(async () => {
  if (!skip) browser = await launchChromium()
})
t.after(() => browser?.close())

const views = ['overview', 'sockets', 'topics', 'peers', 'hooks', 'refusals', 'cluster']

t.test('every view shows its data, and nothing is complained about', { skip }, async (t) => {
  const { page, base, problems } = await openDashboard(t, browser)
  const hosts = new Set<string>()
  page.on('request', (request) => hosts.add(new URL(request.url()).host))
  await live(page)
  t.equal(await page.locator('.chart canvas').count(), 9)
  t.match(await page.textContent('.figures'), /Sockets\d+Channels[\d,]+Topics\d+Peers\d+/)
  t.match(await page.locator('.legend').first().textContent(), /WebSocket \d+long-poll \d+/)

  await page.click('#views >> text=Sockets')
  await shown(page, 'sockets')
  t.equal(await rows(page).count(), 100)
  t.equal(await page.textContent('.list:visible .total'), '1 to 100 of 450')
  t.match(await page.textContent('.list:visible .partial'), 'No answer from web-3')

  await page.click('#views >> text=Topics')
  await shown(page, 'topics')
  t.same(
    [await cell(page, 'topic').textContent(), await cell(page, 'members').textContent()],
    ['room:lobby', '4,800']
  )

  await page.click('#views >> text=Peers')
  await shown(page, 'peers')
  t.match(await cell(page, 'pair').textContent(), /^host udp 192\.0\.2\.10:3478 to \w+ udp 203/)

  await page.click('#views >> text=Hooks')
  await shown(page, 'hooks')
  t.match(await cell(page, 'errors').textContent(), /^2,304 \(7\.7 %\)$/)

  await page.click('#views >> text=Cluster')
  await shown(page, 'cluster')
  t.match(await rows(page).first().textContent(), /^web-3silent for \d+ s/)
  t.same([...hosts], [new URL(base).host], 'nothing comes from elsewhere')
  t.same(problems, [])
})

t.test('what is wrong now stands at the top, and one click shows who and why', { skip }, async (t) => {
  const { page } = await openDashboard(t, browser)
  const problem = (text: string) => page.locator('main .problems:visible a', { hasText: text })
  const overview = () => page.click('#views >> text=Overview')

  await problem('read too slowly').click()
  await shown(page, 'sockets')
  t.equal(await cell(page, 'queuedBytes').textContent(), '832 kB', 'the slowest stands first')
  t.equal(await cell(page, 'queuedBytes').getAttribute('data-state'), 'busy')

  await overview()
  await problem('slow clients cut off').click()
  await shown(page, 'refusals')
  t.match(await page.textContent('.refused .causes'), /^\d+Slow client cut off.*user_socket:dora-3/)
  await page.click('.refused >> text=Show all')
  await page.locator('.refused [data-kind=origin]').waitFor()

  await overview()
  await problem('peers failed').click()
  await shown(page, 'peers')
  t.match(await page.locator('.failures .cause').first().textContent(), '16No UDP got through')

  await overview()
  await problem('refusals in the last minute').click()
  await shown(page, 'refusals')
  const wrongOrigin = page.locator('.refused [data-kind=origin]')
  t.match(await wrongOrigin.textContent(), 'List it in the option checkOrigin')
  t.match(
    await wrongOrigin.locator('.usual').textContent(),
    /origin\s*https:\/\/staging\.example\.com \d\d times/
  )

  await overview()
  await problem('hook calls failed').click()
  await shown(page, 'hooks')
  t.match(await cell(page, 'reasons').textContent(), 'timeout 2,210, internal 94')

  await overview()
  await problem('web-3 has not answered').click()
  await shown(page, 'cluster')
  t.equal(await rows(page).first().getAttribute('data-state'), 'bad')
  t.match(await page.locator('main .problems:visible').textContent(), 'web-2 stands out: CPU')
  t.equal(await rows(page).nth(2).locator('[data-of=cpu]').getAttribute('data-state'), 'busy')
})

t.test(
  'a list is searched, sorted and paged on the server, and its hash can be linked',
  { skip },
  async (t) => {
    const { page, base } = await openDashboard(t, browser, { hash: '#sockets' })
    await rows(page).first().waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('dora-3')
    await page.locator('.list:visible .total', { hasText: /^\d\d$/ }).waitFor()
    t.match(await rows(page).first().textContent(), 'dora-3')
    await page.keyboard.press('Escape')
    await page.locator('.list:visible .total', { hasText: 'of 450' }).waitFor()

    await page.click('[data-sort=messagesOut], [data-sort=outPerSecond]')
    await page.locator('th[aria-sort=descending] [data-sort=outPerSecond]').waitFor()
    await page.click('text=Next 100')
    await page.locator('.list:visible .total', { hasText: '101 to 200 of 450' }).waitFor()
    t.match(new URL(page.url()).hash, '#sockets?sort=outPerSecond&page=1')

    await page.goto(`${base}/dashboard/?linked${new URL(page.url()).hash}`)
    await page.locator('.list:visible .total', { hasText: '101 to 200 of 450' }).waitFor()
    await page.selectOption('#node', 'web-2')
    await page.locator('.list:visible .total', { hasText: /^1 to 100 of [12]/ }).waitFor()
    t.notMatch(await page.locator('main tbody:visible').textContent(), 'web-1')
  }
)

t.test('a system of which there is nothing yet says what would be here', { skip }, async (t) => {
  const { page } = await openDashboard(t, browser, { data: new QuietData() })
  await page.locator('.problems:visible', { hasText: 'Nothing is wrong' }).waitFor()
  for (const view of views.slice(1, -1)) {
    await page.click(`#views [data-view=${view}]`)
    const empty = page.locator('main .empty:visible').first()
    await empty.waitFor()
    t.match(await empty.textContent(), / here/, view)
  }
})

t.test('what comes from clients stays text', { skip }, async (t) => {
  const { page, problems } = await openDashboard(t, browser, { hash: '#sockets?query=onerror' })
  await page
    .locator(`main :text-is("${hostile.replaceAll('"', '\\"')}")`)
    .first()
    .waitFor()
  await rows(page).first().locator('a').click()
  await page.locator('.detail:visible h2', { hasText: 'onerror' }).waitFor()
  for (const view of ['topics', 'peers', 'hooks', 'refusals']) {
    await page.click(`#views [data-view=${view}]`)
    await shown(page, view)
    await page.locator('main :visible', { hasText: 'onerror' }).first().waitFor()
  }
  await page.click('#views >> text=Topics')
  await shown(page, 'topics')
  await page.locator('main a:visible', { hasText: 'onerror' }).click()
  await page.click('text=Follow')
  await page.locator('.frames .body', { hasText: '<b onclick=' }).first().waitFor()
  t.equal(await page.locator('main img, main b[onclick], main i:has-text("Ann")').count(), 0)
  t.match(await page.title(), 'fastify-phoenix')
  t.same(problems, [])
})

// The browser keeps this process alive until it is closed.
t.end()
