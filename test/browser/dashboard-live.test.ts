import Fastify from 'fastify'
import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import dashboard from '../../plugins/dashboard.js'
import phoenix from '../../plugins/phoenix.js'
import { startWatched, token } from '../dashboard/helpers.js'
import { launchChromium, noChromium } from '../fixtures/chromium.js'
import { live } from '../fixtures/dashboard-page.js'
import { connectPhoenix, join, push } from '../fixtures/phoenix-client.js'
import { listen, options } from '../fixtures/server.js'

const skip = noChromium()
let browser: Browser

t.before(async () => {
  if (!skip) browser = await launchChromium()
})
t.after(() => browser?.close())

async function open(t: Test, url: string): Promise<Page> {
  const context = await browser.newContext()
  t.teardown(() => context.close())
  const page = await context.newPage()
  await page.goto(url)
  return page
}

async function signIn(page: Page): Promise<void> {
  await page.fill('#token', token)
  await page.keyboard.press('Enter')
  await live(page)
}

t.test('the page shows a real server: who is there, and what is said', { skip }, async (t) => {
  const { base, url } = await startWatched(t, { token, actions: true })
  const client = connectPhoenix(t, url, { params: { user_id: 'ann' } })
  const room = client.channel('room:a')
  await join(room)
  const page = await open(t, 'about:blank')
  const problems: string[] = []
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', ({ message }) => problems.push(message))
  await page.goto(`${base}/dashboard/`)
  await signIn(page)
  await page.locator('.figures', { hasText: /Sockets1Channels1Topics1/ }).waitFor()

  await page.click('#views >> text=Topics')
  await page.locator('main a:visible', { hasText: 'room:a' }).click()
  const detail = page.locator('.detail:visible')
  await detail.locator('a', { hasText: 'user_socket:ann' }).waitFor()
  await detail.locator('text=Follow').click()
  await detail.locator('.hint', { hasText: 'Nothing has been said yet' }).waitFor()
  const said = detail.locator('.frame', { hasText: /shout\s*{"text":"hello"}/ })
  await push(room, 'shout', { text: 'hello' })
  await said.first().waitFor()
  await detail.locator('text=Send a broadcast').click()
  await detail.locator('.broadcast input').fill('notice')
  await detail.locator('.broadcast textarea').fill('{"n":1}')
  const heard = new Promise((resolve) => room.on('notice', resolve))
  for (const text of ['Broadcast', 'Broadcast: really?'])
    await detail.locator(`button:text-is("${text}")`).click()
  t.same(await heard, { n: 1 })

  await detail.locator('a', { hasText: 'user_socket:ann' }).click()
  const socket = page.locator('.detail:visible', { hasText: 'Its token ends' })
  await socket.waitFor()
  t.match(await socket.textContent(), /Mount\/socket, WebSocket.*Its token endsnever/)
  t.match(await socket.textContent(), 'room:aroom:*')
  const closed = new Promise((resolve) => client.onClose(resolve))
  for (const text of ['Disconnect', 'Disconnect: really?'])
    await socket.locator(`button:text-is("${text}")`).click()
  await closed
  await socket.locator('[role=status]', { hasText: 'This socket is closed' }).waitFor()
  t.same(
    problems.filter((text) => !text.includes('401')),
    []
  )
})

t.test('who is refused, and where to look at it, is found from the page alone', { skip }, async (t) => {
  const { base } = await startWatched(t)
  const page = await open(t, `${base}/dashboard/`)
  await signIn(page)
  await page.locator('.problems', { hasText: 'Nothing is wrong' }).first().waitFor({ state: 'attached' })
  const headers = { origin: 'https://staging.example.com' }
  await (await fetch(`${base}/socket/longpoll?vsn=2.0.0`, { headers })).arrayBuffer()
  await page.locator('main .problems:visible a', { hasText: '1 refusal in the last minute' }).click()
  const group = page.locator('.refused [data-kind=origin]')
  await group.waitFor()
  t.match(await group.textContent(), /Wrong origin.*List it in the option checkOrigin.*staging\.example\.com/)
})

t.test(
  'a server that has come back with another token asks for it, and the page goes on',
  { skip },
  async (t) => {
    const first = await startWatched(t)
    const page = await open(t, `${first.base}/dashboard/#sockets`)
    await signIn(page)
    await page.locator('.empty:visible').waitFor()
    await first.app.close()
    await page.locator('#badge-connection[data-state=lost]').waitFor()
    const another = 'a token that only operators know, anew'
    const app = Fastify({ forceCloseConnections: true })
    await app.register(phoenix, options)
    await app.register(dashboard, { token: another })
    await listen(t, app, first.port)
    await page.locator('#token:visible').waitFor()
    await page.fill('#token', another)
    await page.keyboard.press('Enter')
    await live(page)
    await page.locator('.empty:visible').waitFor()
    t.equal(new URL(page.url()).hash, '#sockets')
  }
)

// The browser keeps this process alive until it is closed.
t.end()
