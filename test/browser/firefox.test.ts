import type { Browser, Page } from 'puppeteer-core'
import t, { type Test } from 'tap'
import { launchFirefox, noFirefox, runsHere } from '../fixtures/firefox.js'
import { answerTo, bundles, callFromPage } from '../fixtures/page-peer.js'
import { program, type ServerStart, startServer } from '../fixtures/server-process.js'

const skip = noFirefox()

async function open(t: Test, browser: Browser, start?: ServerStart): Promise<Page> {
  const { url } = await startServer(t, program, start)
  const page = await browser.newPage()
  t.teardown(() => page.close())
  await page.goto(url)
  return page
}

async function badge(page: Page, name: string, state: string): Promise<void> {
  await page.waitForSelector(`#badge-${name}[data-state="${state}"]`)
}

async function textOf(page: Page, selector: string): Promise<string> {
  await page.waitForSelector(selector)
  return page.$eval(selector, ({ textContent }) => textContent ?? '')
}

if (runsHere(t, import.meta.url)) {
  t.test('in Firefox', { skip }, async (t) => {
    const browser = await launchFirefox()
    t.teardown(() => browser.close())

    await t.test('the page opens a peer of a server that was told nothing, and calls hooks', async (t) => {
      const page = await open(t, browser)
      await badge(page, 'peer', 'connected')
      await badge(page, 'datachannel', 'open')
      await page.$eval('#call [value="datachannel"]', (input) => (input as HTMLInputElement).click())
      for (const [fn, result] of [
        ['echo', '"hello"'],
        ['whoami', '{"user_id":"alice","transport":"datachannel"}']
      ]) {
        await page.click(`[data-preset="${fn}"]`)
        await page.click('#call-submit')
        await page.waitForFunction(
          (text) => document.querySelector('.result')?.textContent?.includes(text),
          {},
          `demo.${fn}`
        )
        t.equal(await textOf(page, '.result output'), result)
      }
      t.equal(await page.$('#peer-notice:not([hidden])'), null, 'and nothing is complained about')
      await page.reload()
      await badge(page, 'datachannel', 'open')
    })

    await t.test('a page that cannot open a peer says why', async (t) => {
      const page = await open(t, browser, { env: { WEBRTC_BIND: '127.0.0.1' } })
      t.match(
        await textOf(page, '#peer-notice:not([hidden])'),
        /^No DataChannel opens: the server's peers are on 127\.0\.0\.1 alone.*WEBRTC_BIND/
      )
    })

    await t.test('a DataChannel opens beside media, however they are bundled', async (t) => {
      const page = await open(t, browser)
      for (const bundle of bundles) {
        const name = `${bundle.bundlePolicy} ${bundle.media}`
        t.equal(await page.evaluate(callFromPage, { userId: name, ...bundle }), answerTo(name), name)
      }
    })
  })
}
