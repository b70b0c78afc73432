import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { defineHooks } from '../../lib/hooks/define.js'
import type { LoadConfig } from '../../lib/load/command-line.js'
import { fileLimit } from '../../lib/load/measure/file-limit.js'
import type { Latency } from '../../lib/load/measure/latency.js'
import { renderReport } from '../../lib/load/report-text.js'
import { runLoad } from '../../lib/load/run.js'
import { forever, loadConfig, unlimited } from '../fixtures/load.js'
import { startReferenceServer } from '../fixtures/reference-server.js'

const config = (url: string, ...argv: string[]): LoadConfig => loadConfig(url, '--rate', '100', ...argv)

for (const transport of ['websocket', 'datachannel'] as const) {
  t.test(`every call over ${transport} is answered, and counted`, async (t) => {
    const { base } = await startReferenceServer(t, { LIMITS: unlimited })
    const asked = config(
      base,
      '--dev-login',
      '--transport',
      transport,
      '--hook',
      'demo.add',
      '--args',
      '[1,2]'
    )
    const report = await runLoad(asked, { signal: forever })
    t.match(report, {
      scenario: 'hook',
      settings: { transport, hook: 'demo.add', args: [1, 2] },
      clients: { asked: 3, connected: 3, lost: 0 },
      connectErrors: {},
      operations: { name: 'calls', sent: 20, done: 20, unanswered: 0 },
      heard: null,
      errors: {},
      interrupted: false
    })
    const { p50, p99, p999, max } = report.latencyMs as Latency
    t.ok(p50 > 0 && p50 <= p99 && p99 <= p999 && p999 <= max)
    t.notOk(report.failed)
    t.match(renderReport(report), /20 sent, 20 answered, 0 without an answer/)
  })
}

t.test('calls that the server refuses are counted by its reason', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: unlimited })
  const report = await runLoad(config(base, '--dev-login', '--hook', 'demo.nothing'), { signal: forever })
  t.same(report.errors, { not_implemented: 20 })
  t.match(report.operations, { sent: 20, done: 0, unanswered: 0 })
  t.equal(report.latencyMs, null)
  t.ok(report.failed)
  t.match(renderReport(report), /failed +20 x not_implemented/)
})

t.test('clients take turns among the nodes that are given', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: unlimited })
  // Nobody listens on the port of the second one.
  const asked = config(base, '--url', 'ws://127.0.0.1:9/socket', '--dev-login', '--clients', '4')
  const report = await runLoad(asked, { signal: forever })
  t.match(report.clients, { asked: 4, connected: 2 })
  t.match(Object.values(report.connectErrors), [2])
  t.match(renderReport(report), /, ws:\/\/127\.0\.0\.1:9\/socket/)
})

t.test('clients that cannot connect are counted by the reason', async (t) => {
  const { base, tokenFor } = await startReferenceServer(t, { LIMITS: '{"socketsPerUser":2}' })
  const token = await tokenFor('alice')
  const report = await runLoad(config(base, '--token', token, '--user', 'alice'), { signal: forever })
  t.same(report.clients, { asked: 3, connected: 2, lost: 0 })
  t.same(report.connectErrors, { 'Unexpected server response: 403': 1 })
  t.ok(report.failed)
})

t.test('a load without any client fails with the reasons', async (t) => {
  const { base } = await startReferenceServer(t)
  await t.rejects(runLoad(config(base), { signal: forever }), {
    code: 'PHX_ERR_LOAD_NOT_CONNECTED',
    message: /Unexpected server response: 403$/
  })
  await t.rejects(runLoad(config(base, '--token', 'x', '--dev-login', '--user', ''), { signal: forever }), {
    code: 'PHX_ERR_LOAD_NOT_CONNECTED',
    message: /POST \/dev\/token: 400$/
  })
})

t.test(
  'more clients than this process may have files are refused, with what they take',
  { skip: fileLimit() === undefined && 'this system does not say' },
  async (t) => {
    const { base } = await startReferenceServer(t)
    const many = config(base, '--dev-login', '--transport', 'datachannel', '--clients', '1000000')
    await t.rejects(runLoad(many, { signal: forever }), {
      code: 'PHX_ERR_LOAD_OPTION',
      message: /^--clients needs 4000100 open files, and this process may have \d+: see ulimit -n$/
    })
  }
)

t.test('calls of a server that has gone away fail, and none of them is forgotten', async (t) => {
  const { app, base } = await startReferenceServer(t, { LIMITS: unlimited })
  const interrupt = new AbortController()
  let closing: Promise<void> | undefined
  const report = await runLoad(config(base, '--dev-login', '--duration', '1000'), {
    signal: interrupt.signal,
    onProgress({ phase, crowd, tally }) {
      if (phase === 'running') closing ??= app.close()
      if (crowd.lost === 3 && tally.errors.total > 0) interrupt.abort()
    }
  })
  await closing
  const { sent, done, unanswered } = report.operations
  const failed = Object.values(report.errors).reduce((sum, count) => sum + count, 0)
  t.equal(done + failed + unanswered, sent)
  t.ok(report.errors.not_connected)
  t.equal(report.clients.lost, 3)
})

t.test('a load that is interrupted reports what it has so far', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: unlimited })
  const interrupt = new AbortController()
  const phases = new Set<string>()
  const report = await runLoad(config(base, '--dev-login', '--duration', '1000'), {
    signal: interrupt.signal,
    onProgress({ phase, tally }) {
      phases.add(phase)
      if (tally.done > 0) interrupt.abort()
    }
  })
  t.ok(report.interrupted)
  t.ok(report.operations.done > 0)
  t.same([...phases], ['connecting', 'running', 'waiting'])
})

t.test('and waits for the answers to what was sent by then', async (t) => {
  const slow = defineHooks('slow', { fn: () => setTimeout(300) })
  const { base } = await startReferenceServer(t, { LIMITS: unlimited }, [slow])
  const interrupt = new AbortController()
  const asked = config(base, '--dev-login', '--duration', '1000', '--hook', 'slow.fn')
  const report = await runLoad(asked, {
    signal: interrupt.signal,
    onProgress({ tally }) {
      if (tally.open > 0) interrupt.abort()
    }
  })
  const { sent, done, unanswered } = report.operations
  t.ok(sent > 0)
  t.same([done, unanswered], [sent, 0])
})

t.test('a load that is interrupted while it connects makes no call', async (t) => {
  const { base } = await startReferenceServer(t)
  const interrupt = new AbortController()
  const running = runLoad(config(base, '--dev-login', '--ramp-up', '100000'), { signal: interrupt.signal })
  interrupt.abort()
  const report = await running
  t.match(report.operations, { sent: 0, done: 0, unanswered: 0 })
  t.ok(report.interrupted)
})

t.test('what a server says does not steer the terminal', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: unlimited })
  const report = await runLoad(config(base, '--dev-login'), { signal: forever })
  const text = renderReport({ ...report, errors: { '\u001b[2Jgone\n': 1 } })
  t.match(text, '1 x \\u001b[2Jgone\n')
})
