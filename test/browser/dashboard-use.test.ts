import type { Browser } from 'playwright-core'
import t from 'tap'
import { launchChromium, noChromium } from '../fixtures/chromium.js'
import { cell, live, openDashboard, rows } from '../fixtures/dashboard-page.js'

const skip = noChromium()
let browser: Browser

t.before(async () => {
  if (!skip) browser = await launchChromium()
})
t.after(() => browser?.close())

t.test('views, rows and panels are reached by keyboard', { skip }, async (t) => {
  const { page } = await openDashboard(t, browser)
  await live(page)
  await page.keyboard.press('2')
  await rows(page).nth(2).waitFor()
  t.equal(await page.getAttribute('#views [data-view=sockets]', 'aria-current'), 'page')
  t.match(await page.title(), /Sockets - fastify-phoenix$/)

  await rows(page).first().locator('a').focus()
  await page.keyboard.press('ArrowDown')
  const second = (await page.evaluate(() => document.activeElement?.textContent)) ?? ''
  t.equal(await rows(page).nth(1).locator('a').textContent(), second)
  await page.keyboard.press('Enter')
  await page.locator('.detail:visible dl').first().waitFor()
  t.equal(await page.evaluate(() => document.activeElement?.tagName), 'H2', 'the panel has the focus')
  await page.keyboard.press('Escape')
  await page
    .locator('.detail:visible')
    .waitFor({ state: 'detached' })
    .catch(() => {})
  await page.waitForFunction((text) => document.activeElement?.textContent === text, second)

  await page.locator('#views a').first().focus()
  await page.keyboard.press('ArrowRight')
  t.equal(await page.evaluate(() => document.activeElement?.getAttribute('data-view')), 'sockets')
  await page.keyboard.press('?')
  t.ok(await page.locator('#help').isVisible())
  await page.keyboard.press('Escape')
  t.notOk(await page.locator('#help').isVisible())
})

t.test('rows change in place, and keep their places while somebody points at them', { skip }, async (t) => {
  const { page, data } = await openDashboard(t, browser, { hash: '#sockets' })
  await rows(page).first().waitFor()
  const first = (await rows(page).first().locator('a').textContent()) ?? ''
  await page.evaluate(() => Object.assign(globalThis, { kept: document.querySelector('main tbody tr') }))
  const isKept = () =>
    page.evaluate(() => document.querySelector('main tbody tr') === (globalThis as { kept?: unknown }).kept)

  await rows(page).first().hover()
  const raised = data.sockets.findIndex(({ queuedBytes }) => queuedBytes === 0)
  Object.assign(data.sockets[raised] ?? {}, { queuedBytes: 9_000_000 })
  await page.locator('table[data-held]').waitFor()
  t.equal(await rows(page).first().locator('a').textContent(), first)
  t.ok(await isKept())
  await page.mouse.move(5, 5)
  await page.locator('main tbody tr:first-child [data-of=queuedBytes]', { hasText: '9.0 MB' }).waitFor()
  t.equal(await rows(page).nth(1).locator('a').textContent(), first)
})

t.test('a socket is shown whole, and disconnected where actions are on', { skip }, async (t) => {
  const done: unknown[] = []
  const { page } = await openDashboard(t, browser, {
    hash: '#sockets',
    actions: true,
    onAction: (event, payload) => done.push([event, payload])
  })
  await rows(page).nth(2).locator('a').click()
  const detail = page.locator('.detail:visible')
  await detail.locator('dl').first().waitFor()
  const text = await detail.textContent()
  for (const fact of ['Address', 'Its token ends', 'Waits for the client', 'Messages out', 'room:lobby']) {
    t.match(text, fact)
  }
  await detail.locator('text=Disconnect').click()
  t.same(done, [], 'it asks first')
  await detail.locator('text=Disconnect: really?').click()
  await detail.locator('[role=status]', { hasText: 'This socket is closed' }).waitFor()
  t.match(done, [['disconnect', { ref: /^web-\d\/\d+$/ }]])
})

t.test('without actions there is nothing to press', { skip }, async (t) => {
  const { page } = await openDashboard(t, browser, { hash: '#topics/room%3Alobby' })
  await page.locator('.detail:visible dl').first().waitFor()
  t.notOk(await page.locator('.broadcast').isVisible())
  await page.goto(`${page.url().replace(/#.*/, '')}#sockets`)
  await rows(page).first().locator('a').click()
  await page.locator('.detail:visible dl').first().waitFor()
  t.notOk(await page.locator('.detail:visible .action').isVisible())
})

t.test('a topic is followed, and broadcast to', { skip }, async (t) => {
  const done: unknown[] = []
  const { page } = await openDashboard(t, browser, {
    hash: '#topics/room%3Alobby',
    actions: true,
    onAction: (event, payload) => done.push([event, payload])
  })
  const detail = page.locator('.detail:visible')
  await detail.locator('text=Follow').click()
  await detail.locator('.frame', { hasText: 'shout' }).first().waitFor()
  await detail.locator('.frame', { hasText: 'shout' }).first().click()
  t.match(await detail.locator('.frame[open] pre').textContent(), '"n": 1')
  await detail.locator('text=Send a broadcast').click()
  await detail.locator('.broadcast input').fill('notice')
  await detail.locator('.broadcast textarea').fill('{"text":"hello"}')
  for (const text of ['Broadcast', 'Broadcast: really?'])
    await detail.locator(`button:text-is("${text}")`).click()
  await detail.locator('.frame', { hasText: 'notice' }).waitFor()
  t.match(done, [['broadcast', { event: 'notice', payload: { text: 'hello' } }]])
  await detail.locator('button:text-is("Stop")').click()
})

t.test('what a chart had at a moment is said, to the mouse and to the keyboard', { skip }, async (t) => {
  const { page } = await openDashboard(t, browser)
  await live(page)
  const plot = page.locator('.plot').first()
  const said = new Set<string | null>()
  // Two moments may have the same value.
  for (const x of [30, 90, 150, 210]) {
    await page
      .locator('.plot .u-over')
      .first()
      .hover({ position: { x, y: 30 } })
    await page.locator('.chart-tools', { hasText: /at \d\d:\d\d:\d\d, \d+ (s|min) ago/ }).waitFor()
    said.add(await page.locator('.legend').first().textContent())
  }
  t.ok(said.size > 1, [...said].join())
  await page.mouse.move(5, 5)
  await plot.focus()
  for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowLeft')
  await page.locator('.chart-tools', { hasText: /at .*, [3-5] s ago/ }).waitFor()
  t.match(await plot.getAttribute('aria-label'), /^Sockets, the last ten minutes\. Then: WebSocket/)
  await page.check('.compare input')
  await page.locator('.legend', { hasText: 'web-1' }).first().waitFor()
  t.match(new URL(page.url()).hash, 'compare=1')
})

t.test(
  'after a restart of the server the page goes on, and meanwhile keeps what it has',
  { skip },
  async (t) => {
    const { page, port, stop, data } = await openDashboard(t, browser, { hash: '#sockets' })
    await rows(page).first().waitFor()
    await stop()
    await page.locator('#badge-connection[data-state=lost]').waitFor()
    t.match(
      await page.textContent('#notice'),
      /^The connection to the server is lost\. What is shown is from/
    )
    t.equal(await rows(page).count(), 100)
    data.sockets.splice(0, 400)
    await openDashboard(t, browser, { port, data })
    await live(page)
    await page.locator('.list:visible .total', { hasText: /^50$/ }).waitFor()
    t.notOk(await page.locator('#notice').isVisible())
  }
)

t.test('who is not signed in is asked for the token', { skip }, async (t) => {
  const { page, problems } = await openDashboard(t, browser, { token: 'right' })
  await page.fill('#token', 'wrong')
  await page.keyboard.press('Enter')
  await page.locator('#sign-in-problem', { hasText: 'does not take this token' }).waitFor()
  t.notOk(await page.locator('main').isVisible())
  await page.fill('#token', 'right')
  await page.keyboard.press('Enter')
  await live(page)
  await page.locator('.chart canvas').first().waitFor()
  await page.reload()
  await live(page)
  t.notOk(await page.locator('#sign-in').isVisible(), 'it is kept over a reload')
  const reloaded = page.waitForEvent('load')
  await page.click('#sign-out')
  await reloaded
  await page.locator('#token:visible').waitFor()
  t.notMatch(problems.join(), /Content Security|TypeError/)
})

t.test('on a phone nothing makes the page scroll sideways', { skip }, async (t) => {
  const { page } = await openDashboard(t, browser, { width: 400, hasTouch: true, actions: true })
  await live(page)
  const hashes = [
    'overview?compare=1',
    'sockets',
    'sockets/web-1%2F7',
    'topics',
    'topics/room%3Alobby',
    'peers'
  ]
  for (const hash of [...hashes, 'hooks', 'refusals', 'cluster']) {
    await page.evaluate((hash) => {
      location.hash = hash
    }, hash)
    await page.locator('main > div:visible, main > section:visible').last().waitFor()
    await page.locator('main tr:visible, main .cause:visible, .chart canvas:visible').first().waitFor()
    const over = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth
    )
    t.equal(over, 0, hash)
  }
  t.ok(await cell(page, 'state').isVisible())
})

// The browser keeps this process alive until it is closed.
t.end()
