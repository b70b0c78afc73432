import t from 'tap'
import { renderReport } from '../../lib/load/report-text.js'
import { runLoad } from '../../lib/load/run.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { forever, loadConfig } from '../fixtures/load.js'
import { startMadeUpServer } from '../fixtures/made-up-server.js'
import { startReferenceServer } from '../fixtures/reference-server.js'

const idle = (url: string, ...argv: string[]) =>
  loadConfig(url, '--scenario', 'idle', '--clients', '5', '--heartbeat', '0.1', ...argv)

t.test('each client beats, spread over the time between two heartbeats', async (t) => {
  const { base } = await startReferenceServer(t)
  const report = await runLoad(idle(base, '--dev-login'), { signal: forever })
  t.match(report, {
    clients: { asked: 5, connected: 5, lost: 0 },
    rate: { asked: 50 },
    operations: { name: 'heartbeats', sent: 10, done: 10, unanswered: 0 },
    failed: false
  })
  t.notOk('join' in report.latenciesMs, 'they join nothing')
})

t.test('they join a topic where one is given', async (t) => {
  const { base } = await startReferenceServer(t)
  const report = await runLoad(idle(base, '--dev-login', '--topic', 'room:hall'), { signal: forever })
  t.ok(report.latenciesMs.join)
})

t.test('a heartbeat is what phoenix.js sends', async (t) => {
  const beats: unknown[] = []
  const { url } = await startMadeUpServer(t, (message) => {
    beats.push(message)
    return undefined
  })
  await runLoad(idle(url), { signal: forever })
  t.match(beats[0], [null, /^\d+$/, 'phoenix', 'heartbeat', {}])
})

t.test('those who wait for the last to come are kept by pings', async (t) => {
  const clock = new FakeClock()
  let pings = 0
  const { url, sockets } = await startMadeUpServer(t, ([, , topic]) =>
    topic === 'room:2' ? 'answered' : undefined
  )
  sockets.on('connection', (client) => client.on('ping', () => pings++))
  const end = new AbortController()
  const load = runLoad(idle(url, '--clients', '2', '--topic', 'room:{n}'), {
    signal: end.signal,
    clock,
    onProgress: () => pings > 0 && end.abort()
  })
  const pass = (): void => {
    clock.advance(250)
    if (!end.signal.aborted) setImmediate(pass)
  }
  pass()
  t.match((await load).clients, { connected: 1, lost: 0 })
  end.abort()
  t.ok(pings > 0)
})

t.test('clients that the server closes are counted by the code, and beat no more', async (t) => {
  let beats = 0
  const { url } = await startMadeUpServer(t, (_message, from) => {
    if (++beats <= 2) from.close(2000 + beats * 1000)
    return undefined
  })
  const report = await runLoad(idle(url), { signal: forever })
  t.match(report.clients, { connected: 5, lost: 2 })
  t.same(report.lostReasons, { closed_3000: 1, closed_4000: 1 })
  t.match(report.operations, { sent: 10 })
  t.ok(report.failed)
  t.match(renderReport(report), /fail if +lost>0: YES, 2/)
})
