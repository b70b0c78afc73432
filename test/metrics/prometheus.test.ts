import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { metricKeys, table } from '../../lib/metrics/table.js'
import { devToken } from '../fixtures/dev-token.js'
import { answer, connectPhoenix, join, push } from '../fixtures/phoenix-client.js'
import { noPrometheus, Prometheus, promtool } from '../fixtures/prometheus.js'
import { root } from '../fixtures/root.js'
import { program, type RunningServer, startServer } from '../fixtures/server-process.js'
import { until } from '../fixtures/until.js'
import { UserClient } from '../fixtures/user-client.js'

const skip = noPrometheus()
const folder = new URL('plugins/guides/metrics/', root)
const rulesPath = fileURLToPath(new URL('alerts.yml', folder))
const rules = readFileSync(rulesPath, 'utf8')
const dashboardText = readFileSync(new URL('grafana-dashboard.json', folder), 'utf8')

interface Panel {
  readonly title: string
  readonly type: string
  readonly gridPos: { readonly x: number; readonly w: number }
  readonly targets?: readonly { readonly expr: string }[]
}

const { panels } = JSON.parse(dashboardText) as { panels: readonly Panel[] }

/** What Grafana puts in; a scrape comes each second here. */
const filledIn = (expression: string): string =>
  expression.replaceAll('$__rate_interval', '30s').replaceAll('$job', '.*').replaceAll('$instance', '.*')

/** The expressions of the dashboard, by their panels. */
const shown = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, filledIn(expr)]))

/** Those of the rules, without the comparisons that make them fire. */
const watched = [...rules.matchAll(/- alert: (\w+)\n +expr: \|\n((?: {10}.*\n)+)/g)].map(
  ([, alert, text]) => {
    const lines = `${text}`.trimEnd().split('\n')
    const comparison = lines.pop() ?? ''
    return { alert: `${alert}`, expression: lines.join('\n'), comparison: comparison.trim() }
  }
)

const hooks = {
  'demo.js': `
    export const echo = (call, value) => value
    export const broken = () => { throw new Error('always') }
    export const later = async (call, value) => value
  `
}

/** A user with a peer, who calls hooks over the channel and over the peer, again and again until the test ends. */
async function useServer(t: Test, { url }: RunningServer, userId: string): Promise<void> {
  const token = await devToken(url, userId)
  const user = new UserClient(`${url}/socket`, userId, { token })
  let isOver = false
  let working: Promise<void> | undefined
  t.teardown(async () => {
    isOver = true
    await working
    user.close()
  })
  t.equal((await user.join()).status, 'ok')
  const room = user.socket.channel('room:1')
  room.join()
  const [events] = await user.openPeer()
  const work = async (): Promise<void> => {
    for (let ref = 0; !isOver; ref++) {
      await user.callHook('demo', 'echo', ['over the channel'])
      await user.callHook('demo', 'broken')
      await user.callHook('demo', `no hook ${ref}`)
      room.push('said', { text: 'hello' })
      await events?.call('demo', 'later', [ref])
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  working = work()
}

/** A user who comes back to a room with history, and asks for calls again, until the test ends. */
async function comeBack(t: Test, { url }: RunningServer, userId: string): Promise<void> {
  const socket = connectPhoenix(t, `${url}/socket`, { params: { token: await devToken(url, userId) } })
  const own = socket.channel(`user:${userId}`)
  t.equal((await join(own)).status, 'ok')
  let isOver = false
  let working: Promise<void> | undefined
  t.teardown(async () => {
    isOver = true
    await working
  })
  const work = async (): Promise<void> => {
    let place: object = {}
    for (let n = 0; !isOver; n++) {
      const room = socket.channel('room:kept', { phx_recover: place })
      place = (await join(room)).response.phx_recover
      await push(room, 'shout', { text: 'hello' })
      for (const key of [`${n}`, `${n}`]) {
        await push(own, 'call_hook', { plugin: 'demo', fn: 'echo', args: [n], key })
      }
      await answer(room.leave())
    }
  }
  working = work()
}

t.test('the rules are in order, and each compares in its last line', { skip }, async (t) => {
  const { status, said } = promtool(['check', 'rules', rulesPath])
  t.equal(status, 0, said)
  t.ok(watched.length > 10)
  t.equal(watched.length, rules.split('- alert:').length - 1)
  for (const { alert, comparison } of watched) t.match(comparison, /^(==|>|<) [\d. *]+$/, alert)
})

t.test('the dashboard asks questions, fits its grid and has metrics that there are', async (t) => {
  const names = new Set(metricKeys.map((key) => table[key].name as string).concat('phoenix_worker_up'))
  for (const { title, type, gridPos, targets = [] } of panels) {
    if (type === 'row') continue
    t.match(title, /\?$/)
    t.ok(gridPos.x + gridPos.w <= 24, title)
    t.ok(targets.length > 0, title)
  }
  const used = [...`${dashboardText}${rules}`.matchAll(/\bphoenix_\w+/g)].map(([name]) =>
    name.replace(/_bucket$/, '')
  )
  t.same(
    used.filter((name) => !names.has(name)),
    []
  )
})

t.test('Prometheus scrapes a loaded cluster, and every expression gives a value', { skip }, async (t) => {
  const args = ['--workers', '2', '--hooks', t.testdir(hooks)]
  const env = { LIMITS: '{"events": {"count": 0, "windowMs": 1}}' }
  const server = await startServer(t, program, { args, env })
  // Workers keep no history.
  const keeping = await startServer(t, program, { env: { ...env, HISTORY: '100' } })
  const targets = [server, keeping].map(({ port }) => `127.0.0.1:${port}`)
  const prometheus = await Prometheus.start(t, targets, [rulesPath])
  // What happens before the first scrape is no change to Prometheus.
  await until(async () => (await prometheus.query('sum(up)'))[0]?.value === 2)
  for (const userId of ['alice', 'bob', 'carol', 'dave']) await useServer(t, server, userId)
  await comeBack(t, keeping, 'erin')

  const text = await (await fetch(`${server.url}/metrics`, { headers: { connection: 'close' } })).text()
  const checked = promtool(['check', 'metrics'], text)
  t.equal(checked.status, 0, checked.said)
  t.equal(checked.said, '')
  t.notMatch(text, 'no hook', 'what is no hook makes no label')
  t.notMatch(text, /alice|room:1|said/, 'nor do users, topics and events')

  const waiting = new Map(
    [...shown, ...watched.map(({ alert, expression }) => [alert, expression])].map(([name, expression]) => [
      `${name}: ${expression}`,
      `${expression}`
    ])
  )
  let missing: string[] = []
  const late = Date.now() + 60_000
  await until(async () => {
    for (const [name, expression] of waiting) {
      const found = await prometheus.query(expression)
      if (found.some(({ value }) => !Number.isNaN(value))) waiting.delete(name)
    }
    missing = [...waiting.keys()]
    return missing.length === 0 || Date.now() > late
  })
  t.same(missing, [])
  await until(async () => Object.keys(await prometheus.brokenRules()).length === 0)

  const ofServer = `{instance="127.0.0.1:${server.port}"}`
  const calls = await prometheus.query(
    `sum by (plugin, function, transport) (phoenix_hook_calls_total${ofServer})`
  )
  t.same(
    new Set(calls.map(({ metric }) => Object.values(metric).sort().join(' '))),
    new Set(['demo echo websocket', 'broken demo websocket', 'datachannel demo later', 'websocket'])
  )
  t.equal((await prometheus.query(`min(phoenix_cluster_nodes${ofServer})`))[0]?.value, 2)
  t.same(
    (await prometheus.query(`phoenix_worker_up${ofServer}`))
      .map(({ metric, value }) => `${metric.worker}: ${value}`)
      .sort(),
    ['0: 1', '1: 1']
  )
})
