import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import dashboard, { type DashboardOptions } from '../../plugins/dashboard.js'
import phoenix from '../../plugins/phoenix.js'
import { options } from '../fixtures/server.js'
import { bearer, startWatched, token, upgradeStatus } from './helpers.js'

const json = { 'content-type': 'application/json' }

async function built(t: Test, given: DashboardOptions = {}) {
  const app = Fastify()
  await app.register(phoenix, options)
  await app.register(dashboard, given)
  t.teardown(() => app.close())
  return app
}

type Test = { teardown(done: () => unknown): void }

t.test('a start that shows the dashboard to everybody is refused', async (t) => {
  const open = await built(t)
  await t.rejects(open.listen({ host: '0.0.0.0', port: 0 }), {
    code: 'PHX_ERR_DASHBOARD_EXPOSED',
    message: /\/dashboard needs the option authorize or token: .* 0\.0\.0\.0/
  })
  if (open.server.listening) await once(open.server, 'close')
  t.notOk(open.server.listening)

  const behind = await built(t)
  const path = join(tmpdir(), `phx-dashboard-${process.pid}.sock`)
  await t.rejects(behind.listen({ path }), { code: 'PHX_ERR_DASHBOARD_EXPOSED' })
})

t.test('a server has one dashboard', async (t) => {
  const app = await built(t)
  const again = async (): Promise<void> => void (await app.register(dashboard, { path: '/other' }))
  await t.rejects(again(), {
    code: 'PHX_ERR_OPTION_INVALID',
    message: 'option dashboard: is there already: a server has one, for all its mounts'
  })
})

t.test('with a token, with authorize and on loopback it starts', async (t) => {
  for (const [given, host] of [
    [{ token }, '0.0.0.0'],
    [{ authorize: () => true }, '0.0.0.0'],
    [{}, '127.0.0.1'],
    [{}, 'localhost']
  ] as const) {
    const app = await built(t, given)
    await app.listen({ host, port: 0 })
    t.ok(app.server.listening)
  }
})

t.test('a server that listens nowhere serves it to injected requests', async (t) => {
  const app = await built(t)
  t.equal((await app.inject({ url: '/dashboard/' })).statusCode, 200)
  t.equal((await app.inject({ url: '/dashboard' })).headers.location, '/dashboard/')
})

t.test('without authorize and token it is for this machine alone', async (t) => {
  const { base } = await startWatched(t, {})
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`${base}/dashboard/`, { headers })).status
  t.equal(await status({}), 200)
  t.equal(await status({ 'x-forwarded-for': '192.0.2.1' }), 401, 'through a proxy')
  const app = await built(t)
  const named = await app.inject({ url: '/dashboard/', headers: { host: 'evil.example' } })
  t.equal(named.statusCode, 401, 'by a name that somebody let point here')
  t.equal(await upgradeStatus(base, {}), 101)
  t.equal(await upgradeStatus(base, { origin: 'http://localhost:1' }), 403)
})

t.test('nothing is shown without the token', async (t) => {
  const { base } = await startWatched(t)
  t.equal((await fetch(`${base}/dashboard/`)).status, 401)
  t.equal((await fetch(`${base}/dashboard`, { redirect: 'manual' })).status, 401)
  t.equal((await fetch(`${base}/dashboard/session`)).status, 401)
  t.equal((await fetch(`${base}/dashboard/?token=${encodeURIComponent(token)}`)).status, 401)
  t.equal(await upgradeStatus(base, {}), 401)
  t.equal(await upgradeStatus(base, { authorization: 'Bearer other' }), 401)
  t.equal(await upgradeStatus(base, bearer), 101)
  const page = await fetch(`${base}/dashboard/`, { headers: bearer })
  t.equal(page.status, 200)
  t.match(page.headers.get('content-security-policy'), /default-src 'self'.*frame-ancestors 'none'/)
  t.equal(page.headers.get('x-content-type-options'), 'nosniff')
})

t.test('the form keeps a session in a cookie, which is not the token', async (t) => {
  const { base } = await startWatched(t)
  const url = `${base}/dashboard/session`
  const refused = await fetch(url, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ token: 'wrong' })
  })
  t.equal(refused.status, 401)
  t.equal(refused.headers.get('set-cookie'), null)
  const taken = await fetch(url, { method: 'POST', headers: json, body: JSON.stringify({ token }) })
  t.equal(taken.status, 204)
  const given = `${taken.headers.get('set-cookie')}`
  t.match(given, /^phx_dashboard=[^;]+; Path=\/dashboard; HttpOnly; SameSite=Strict$/)
  t.notMatch(given, token)
  const cookie = `${given.split(';')[0]}`
  t.equal((await fetch(url, { headers: { cookie } })).status, 204)
  t.equal((await fetch(`${base}/dashboard/`, { headers: { cookie } })).status, 200)
  const { host } = new URL(base)
  t.equal(await upgradeStatus(base, { cookie, origin: base }), 101)
  t.equal(await upgradeStatus(base, { cookie, origin: `http://other.example` }), 403, `not of ${host}`)
  t.equal(await upgradeStatus(base, { cookie, origin: 'null' }), 403)
  t.equal((await fetch(url, { headers: { cookie: `${cookie}x` } })).status, 401)

  const other = await startWatched(t, { token: 'another token' })
  t.equal((await fetch(`${other.base}/dashboard/session`, { headers: { cookie } })).status, 401)

  const gone = await fetch(url, { method: 'DELETE', headers: { cookie } })
  t.match(gone.headers.get('set-cookie'), /^phx_dashboard=;.*Max-Age=0/)
})

t.test('a page of somebody else cannot sign in, nor out', async (t) => {
  const { base } = await startWatched(t)
  for (const headers of [{ origin: 'http://other.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    for (const method of ['POST', 'DELETE']) {
      const answer = await fetch(`${base}/dashboard/session`, { method, headers })
      t.equal(answer.status, 403, JSON.stringify(headers))
    }
  }
})

t.test('who tries tokens has to wait', async (t) => {
  const { base } = await startWatched(t)
  const tryOne = async (token: string): Promise<number> =>
    (await fetch(`${base}/dashboard/session`, { headers: { authorization: `Bearer ${token}` } })).status
  const statuses: number[] = []
  for (let i = 0; i < 12; i++) statuses.push(await tryOne(`guess-${i}`))
  t.same(statuses, [...Array(10).fill(401), 429, 429])
  t.equal(await tryOne(token), 429, 'even where it is right at last')
})

t.test('authorize decides, and nothing but true lets in', async (t) => {
  const { base } = await startWatched(t, {
    authorize: ({ headers }) => (headers['x-role'] === 'truthy' ? (1 as never) : headers['x-role'] === 'ops')
  })
  t.equal((await fetch(`${base}/dashboard/`)).status, 401)
  t.equal((await fetch(`${base}/dashboard/assets/phoenix.mjs`)).status, 401)
  t.equal((await fetch(`${base}/dashboard/`, { headers: { 'x-role': 'truthy' } })).status, 401)
  t.equal((await fetch(`${base}/dashboard/`, { headers: { 'x-role': 'ops' } })).status, 200)
  t.equal(await upgradeStatus(base, { 'x-role': 'ops' }), 101)
  t.equal(await upgradeStatus(base, {}), 401)
})

t.test('what authorize throws is not told to whoever asks, unless it is an answer', async (t) => {
  const { base } = await startWatched(t, {
    authorize: ({ headers }) =>
      Promise.reject(
        headers['x-role'] === 'nobody'
          ? Object.assign(new Error('no such role'), { statusCode: 403 })
          : new Error('the database is away')
      )
  })
  const failed = await fetch(`${base}/dashboard/`)
  t.equal(failed.status, 500)
  t.match(await failed.json(), {
    code: 'PHX_ERR_DASHBOARD_AUTHORIZE',
    message: 'authorize of the dashboard failed'
  })
  t.equal(await upgradeStatus(base, {}), 500)
  const answered = await fetch(`${base}/dashboard/`, { headers: { 'x-role': 'nobody' } })
  t.match([answered.status, await answered.json()], [403, { message: 'no such role' }])
  t.equal(await upgradeStatus(base, { 'x-role': 'nobody' }), 403)
})

t.test('a wrong option is refused by its name', async (t) => {
  for (const [given, message] of [
    [{ path: 'dashboard' }, /dashboard\.path/],
    [{ token: '' }, /dashboard\.token/],
    [{ authorize: true }, /dashboard\.authorize/],
    [{ action: true }, /dashboard\.action.*actions/]
  ] as const) {
    await t.rejects(built(t, given as never), { code: 'PHX_ERR_OPTION_INVALID', message })
  }
})

t.test('below a prefix', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(phoenix, options)
  await app.register(
    async (scope) => {
      await scope.register(dashboard, { token, path: '/ops' })
    },
    { prefix: '/admin' }
  )
  const answer = await app.inject({ method: 'POST', url: '/admin/ops/session', payload: { token } })
  t.match(answer.headers['set-cookie'], /Path=\/admin\/ops;/)
  t.equal((await app.inject({ url: '/admin/ops', headers: bearer })).headers.location, '/admin/ops/')
})
