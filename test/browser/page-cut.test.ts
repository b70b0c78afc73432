import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { launchChromium, noChromium } from '../fixtures/chromium.js'
import { badge, open } from '../fixtures/page.js'
import { program, startServer } from '../fixtures/server-process.js'

const skip = noChromium()
let browser: Browser

t.before(async () => {
  if (!skip) browser = await launchChromium()
})
t.after(() => browser?.close())

/** The chat of two users, each in a window that is looked at: who is hidden does not come back. */
async function openTwo(t: Test, env: Record<string, string>) {
  const server = await startServer(t, program, { env })
  const chatOf = async (user: string): Promise<Page> => {
    const context = await browser.newContext()
    t.teardown(() => context.close())
    const page = await open(context, `${server.url}/?user=${user}`)
    await badge(page, 'datachannel', 'open')
    await page.click('#tab-chat')
    await badge(page, 'room', 'joined')
    return page
  }
  return { ...server, alice: await chatOf('alice'), bob: await chatOf('bob') }
}

async function say(page: Page, text: string): Promise<void> {
  await page.fill('#chat-text', text)
  await page.press('#chat-text', 'Enter')
}

/** What stands in the chat, with what it is marked as. */
function linesOf(page: Page): Promise<string[]> {
  return page.locator('#chat-log li').allInnerTexts()
}

t.test(
  'what is written while the network is cut comes afterwards: once, in order, and marked',
  { skip },
  async (t) => {
    const { alice, bob } = await openTwo(t, { HISTORY: '100' })
    const problems: string[] = []
    const sockets: string[] = []
    alice.on('console', (message) => problems.push(message.text()))
    alice.on('pageerror', (error) => problems.push(error.message))
    alice.on('websocket', (socket) => sockets.push(socket.url()))
    t.match(await alice.textContent('#cut-note'), /What others write meanwhile comes when you are back/)
    await say(bob, 'before')
    await alice.locator('#chat-log li', { hasText: 'before' }).waitFor()

    await alice.click('#cut')
    for (const name of ['socket', 'datachannel']) await badge(alice, name, 'closed')
    await badge(alice, 'peer', 'none')
    await alice.locator('#cut', { hasText: /back in \d+ s/ }).waitFor()
    t.equal(await alice.getAttribute('#cut', 'aria-disabled'), 'true')
    t.equal(await alice.textContent('#notice'), 'You have cut the network for ten seconds.')
    for (const text of ['one', 'two', 'three']) await say(bob, text)
    await bob.locator('#chat-log [data-waits=false]').nth(3).waitFor()
    await say(alice, 'mine')
    await alice.locator('#chat-log [data-waits=true]', { hasText: 'mine' }).waitFor()
    await alice.locator('.frame', { hasText: 'cannot connect: the network is cut' }).first().waitFor()
    t.same(sockets, [], 'nothing has connected')
    t.same(await linesOf(alice), ['bob\nbefore', 'alice\nmine'])

    await badge(alice, 'datachannel', 'open')
    await alice.locator('#chat-log [data-waits=false]', { hasText: 'mine' }).waitFor()
    await say(bob, 'after')
    await alice.locator('#chat-log li', { hasText: 'after' }).waitFor()
    const marked = ['one', 'two', 'three'].map((text) => `bob recovered\n${text}`)
    t.same(await linesOf(alice), ['bob\nbefore', ...marked, 'alice\nmine', 'bob\nafter'])
    t.equal(await alice.textContent('#cut-note'), 'You are back, with the 3 messages that you missed.')
    t.equal(await alice.textContent('#cut'), 'Cut the network for ten seconds')
    t.notOk(await alice.locator('#notice').isVisible())
    t.equal(sockets.length, 1)
    t.same(problems, [])

    await alice.click('#cut')
    await badge(alice, 'socket', 'closed')
    await badge(alice, 'room', 'joined')
    await alice.locator('#cut-note', { hasText: 'Nobody wrote anything meanwhile' }).waitFor()
    t.equal((await linesOf(alice)).length, 6, 'and nothing comes again')
  }
)

t.test(
  'a server without history says so ahead, and what is written meanwhile is lost',
  { skip },
  async (t) => {
    const { alice, bob } = await openTwo(t, {})
    t.match(await alice.textContent('#cut-note'), /keeps no history.*Start it with HISTORY=100/)
    await alice.click('#cut')
    await badge(alice, 'socket', 'closed')
    await say(bob, 'lost')
    await bob.locator('#chat-log [data-waits=false]').waitFor()
    await badge(alice, 'datachannel', 'open')
    await alice.locator('#cut-note', { hasText: 'You are back' }).waitFor()
    t.same(await linesOf(alice), ['messages may be missing here'])
  }
)

// The browser keeps this process alive until it is closed.
t.end()
