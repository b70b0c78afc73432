import t from 'tap'
import type { LoadConfig } from '../../lib/load/command-line.js'
import { readLoadOptions } from '../../lib/load/command-line.js'
import { isClean, renderReport } from '../../lib/load/report.js'
import { runLoad } from '../../lib/load/run.js'
import type { Latency } from '../../lib/load/tally.js'
import { startReferenceServer } from '../fixtures/reference-server.js'

const forever = new AbortController().signal

// Enough for a load of this size, however slow the machine is.
const limits = JSON.stringify({
  events: { count: 0, windowMs: 1 },
  connects: { count: 0, windowMs: 1 },
  dataChannelMessages: { count: 0, windowMs: 1 }
})

function config(url: string, ...argv: string[]): LoadConfig {
  const command = readLoadOptions([
    '--url',
    url,
    '--clients',
    '3',
    '--rate',
    '100',
    '--duration',
    '0.2',
    ...argv
  ])
  if (command.run !== 'load') throw new Error('no load')
  return command.config
}

for (const transport of ['websocket', 'datachannel'] as const) {
  t.test(`every call over ${transport} is answered, and counted`, async (t) => {
    const { base } = await startReferenceServer(t, { LIMITS: limits })
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
      transport,
      hook: 'demo.add',
      clients: { asked: 3, connected: 3, lost: 0 },
      connectErrors: {},
      calls: { sent: 20, answered: 20, unanswered: 0 },
      errors: {},
      interrupted: false
    })
    const { p50, p99, p999, max } = report.latencyMs as Latency
    t.ok(p50 > 0 && p50 <= p99 && p99 <= p999 && p999 <= max)
    t.ok(isClean(report))
    t.match(renderReport(report), /20 sent, 20 answered, 0 without an answer/)
  })
}

t.test('calls that the server refuses are counted by its reason', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: limits })
  const report = await runLoad(config(base, '--dev-login', '--hook', 'demo.nothing'), { signal: forever })
  t.same(report.errors, { not_implemented: 20 })
  t.match(report.calls, { sent: 20, answered: 0, unanswered: 0 })
  t.equal(report.latencyMs, null)
  t.notOk(isClean(report))
  t.match(renderReport(report), /failed +20 x not_implemented/)
})

t.test('clients take turns among the nodes that are given', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: limits })
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
  t.notOk(isClean(report))
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

t.test('calls of a server that has gone away fail, and none of them is forgotten', async (t) => {
  const { app, base } = await startReferenceServer(t, { LIMITS: limits })
  const interrupt = new AbortController()
  let closing: Promise<void> | undefined
  const report = await runLoad(config(base, '--dev-login', '--duration', '1000'), {
    signal: interrupt.signal,
    onProgress({ phase, clients, tally }) {
      if (phase === 'calling') closing ??= app.close()
      if (clients.lost === 3 && tally.errors.total > 0) interrupt.abort()
    }
  })
  await closing
  const { sent, answered, unanswered } = report.calls
  const failed = Object.values(report.errors).reduce((sum, count) => sum + count, 0)
  t.equal(answered + failed + unanswered, sent)
  t.ok(report.errors.not_connected)
  t.equal(report.clients.lost, 3)
})

t.test('a load that is interrupted reports what it has so far', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: limits })
  const interrupt = new AbortController()
  const phases = new Set<string>()
  const report = await runLoad(config(base, '--dev-login', '--duration', '1000'), {
    signal: interrupt.signal,
    onProgress({ phase, tally }) {
      phases.add(phase)
      if (tally.answered > 0) interrupt.abort()
    }
  })
  t.ok(report.interrupted)
  t.ok(report.calls.answered > 0)
  t.same([...phases], ['connecting', 'calling', 'waiting'])
})

t.test('a load that is interrupted while it connects makes no call', async (t) => {
  const { base } = await startReferenceServer(t)
  const interrupt = new AbortController()
  const running = runLoad(config(base, '--dev-login', '--ramp-up', '100000'), { signal: interrupt.signal })
  interrupt.abort()
  const report = await running
  t.same(report.calls, { sent: 0, answered: 0, unanswered: 0 })
  t.ok(report.interrupted)
})

t.test('what a server says does not steer the terminal', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: limits })
  const report = await runLoad(config(base, '--dev-login'), { signal: forever })
  const text = renderReport({ ...report, errors: { '\u001b[2Jgone\n': 1 } })
  t.match(text, '1 x \\u001b[2Jgone\n')
})
