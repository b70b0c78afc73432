import { readdir } from 'node:fs/promises'
import t from 'tap'
import { startReferenceServer } from '../fixtures/reference-server.js'
import { root } from '../fixtures/root.js'

const pageFolder = new URL('lib/server/page/', root)

t.test('a server that drains lives, and is not ready', async (t) => {
  const { app } = await startReferenceServer(t)
  const status = async (url: string): Promise<number> => (await app.inject(url)).statusCode
  t.equal(await status('/healthz'), 200)
  const before = await app.inject('/readyz')
  t.equal(before.statusCode, 200)
  t.same(before.json(), { status: 'ready', reasons: [] })
  await app.phoenix.drain()
  t.equal(await status('/healthz'), 200)
  const after = await app.inject('/readyz')
  t.equal(after.statusCode, 503)
  t.same(after.json(), { status: 'not ready', reasons: ['draining'] })
  t.equal(after.headers['cache-control'], 'no-store')
})

t.test('dev login hands out a token for a user id', async (t) => {
  const { app } = await startReferenceServer(t)
  const login = (payload?: object | string) =>
    app.inject({ method: 'POST', url: '/dev/token', ...(payload && { payload }) })
  const response = await login({ user_id: 'alice' })
  t.equal(response.statusCode, 200)
  t.match(response.json(), { token: /^[\w-]+\.[\w-]+\.[\w-]+$/, user_id: 'alice' })
  t.same(Object.keys(response.json()), ['token', 'user_id'])
  t.equal(response.headers['cache-control'], 'no-store')

  for (const payload of [
    {},
    [],
    { user_id: '' },
    { user_id: 1 },
    { user_id: 'x'.repeat(251) },
    'alice',
    undefined
  ]) {
    const refused = await login(payload)
    t.ok(refused.statusCode === 400 || refused.statusCode === 415, JSON.stringify(payload))
  }
})

t.test('without dev login there is no such route', async (t) => {
  const { app } = await startReferenceServer(t, { DEV_LOGIN: 'off' })
  const response = await app.inject({ method: 'POST', url: '/dev/token', payload: { user_id: 'alice' } })
  t.equal(response.statusCode, 404)
})

t.test('the page and all it loads come from the server itself', async (t) => {
  const { app } = await startReferenceServer(t)
  const page = await app.inject('/')
  t.equal(page.headers['content-type'], 'text/html; charset=utf-8')
  t.match(page.headers['content-security-policy'], /default-src 'self'/)
  t.equal(page.headers['x-content-type-options'], 'nosniff')
  t.notMatch(
    page.body,
    /<script(?![^>]* src=)|\son\w+=|https?:\/\//,
    'no inline script, nothing from elsewhere'
  )

  const seen = new Set<string>()
  const waiting = [...page.body.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(
    (match) => match[1] as string
  )
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    const asset = await app.inject(path)
    t.equal(asset.statusCode, 200, path)
    if (path.endsWith('.css')) t.equal(asset.headers['content-type'], 'text/css; charset=utf-8', path)
    if (!path.endsWith('js')) continue
    t.match(asset.headers['content-type'], /^text\/javascript/)
    for (const [, module] of asset.body.matchAll(/from '\.\/([^']+)'/g)) waiting.push(`/assets/${module}`)
  }
  for (const name of ['phoenix.mjs', 'uPlot.esm.js', 'uPlot.min.css']) t.ok(seen.has(`/assets/${name}`), name)
  const styles = (await readdir(pageFolder)).filter((name) => name.endsWith('.css'))
  for (const name of styles) t.ok(seen.has(`/assets/${name}`), `${name} is linked`)
  t.equal((await app.inject('/assets/screenshot.png')).statusCode, 404)
  t.equal((await app.inject('/assets/../package.json')).statusCode, 404)
})

t.test('what a browser has already is not sent again', async (t) => {
  const { app } = await startReferenceServer(t)
  const { etag } = (await app.inject('/assets/phoenix.mjs')).headers
  const again = await app.inject({ url: '/assets/phoenix.mjs', headers: { 'if-none-match': String(etag) } })
  t.equal(again.statusCode, 304)
  t.equal(again.body, '')
})
