import t from 'tap'
import type { LoadReport } from '../../lib/load/report.js'
import { runLoad } from '../../lib/load/run.js'
import { forever, loadConfig, unlimited } from '../fixtures/load.js'
import { push, reply, startMadeUpServer } from '../fixtures/made-up-server.js'
import { startReferenceServer } from '../fixtures/reference-server.js'

const load = (url: string, ...argv: string[]): Promise<LoadReport> => {
  const config = loadConfig(url, '--scenario', 'presence', '--rate', '50', ...argv)
  return runLoad(config, { signal: forever })
}

t.test('who leaves and who comes is seen by each other member of the room', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: unlimited })
  const report = await load(base, '--dev-login', '--clients', '8', '--room-size', '4')
  t.match(report, {
    clients: { asked: 8, connected: 8, lost: 0 },
    operations: { name: 'changes', sent: 10, done: 10, unanswered: 0 },
    heard: { missing: 0, doubled: 0 },
    errors: {},
    failed: false
  })
  // Those who are away themselves are told of nobody.
  const { expected, heard } = report.heard ?? {}
  t.equal(heard, expected)
  t.ok(Number(heard) >= 20 && Number(heard) <= 30, `${heard}`)
  const { state, last, join } = report.latenciesMs
  t.ok(state && last && join, 'with the list for who comes')
})

t.test('two are enough, one of whom is always there', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: unlimited })
  const report = await load(base, '--dev-login', '--clients', '2')
  t.match(report, { operations: { sent: 10, done: 10 }, heard: { expected: 10, heard: 10 }, errors: {} })
})

/** Tells of a change as often as it says; keys are users, by the connect parameter `me`. */
async function startTelling(
  t: Parameters<typeof startMadeUpServer>[0],
  told: (what: 'joins' | 'leaves') => number
) {
  const names = new WeakMap<object, string>()
  const server = await startMadeUpServer(t, ([, , topic, event], from) => {
    if (event !== 'phx_join' && event !== 'phx_leave') return
    const what = event === 'phx_join' ? 'joins' : 'leaves'
    const key = names.get(from) ?? ''
    const diff = { joins: {}, leaves: {}, [what]: { [key]: { metas: [{ phx_ref: 'a' }] } } }
    for (const socket of server.members(topic)) {
      for (let times = told(what); times > 0; times--) push(socket, topic, 'presence_diff', diff)
    }
  })
  server.sockets.on('connection', (socket, { url }) => {
    names.set(socket, `user:${new URL(`http://a${url}`).searchParams.get('me')}`)
  })
  return [server.url, '--params', '{"me":"{n}"}', '--presence-key', 'user:{n}'] as const
}

t.test('keys are those of the server; what it tells twice is doubled', async (t) => {
  const report = await load(...(await startTelling(t, (what) => (what === 'joins' ? 2 : 1))))
  t.match(report.heard, { missing: 0 })
  t.ok(Number(report.heard?.heard) >= 15)
  t.ok(Number(report.heard?.doubled) >= 9, `${report.heard?.doubled}`)
  t.ok(report.failed)
})

t.test('what nobody is told of is missing, and nobody leaves who would miss more', async (t) => {
  const server = await startTelling(t, (what) => (what === 'joins' ? 0 : 1))
  const end = new AbortController()
  const config = loadConfig(...server, '--scenario', 'presence', '--rate', '50')
  const report = await runLoad(config, {
    signal: end.signal,
    onProgress: ({ phase, tally }) => phase === 'waiting' && tally.delivered >= 2 && end.abort()
  })
  // A second one may leave before the first is back: the third, who always stays, is told of that one as well.
  const { heard, missing } = report.heard as { heard: number; missing: number }
  t.ok(missing === 2 || missing === 3, `${missing}`)
  t.ok(heard === 2 || heard === 3, `${heard}`)
  t.match(report.heard, { expected: heard + missing, doubled: 0 })
  const { sent, done, unanswered } = report.operations
  t.equal(done + unanswered, sent)
  t.ok(report.failed)
})

t.test('who may not come back is an error, and tries again at its next turn', async (t) => {
  let joins = 0
  const { url } = await startMadeUpServer(t, (message, from) => {
    // The first three fill the room.
    if (message[3] !== 'phx_join' || ++joins <= 3) return undefined
    reply(from, message, { status: 'error', response: { reason: 'banned' } })
    return 'answered'
  })
  const end = new AbortController()
  const report = await runLoad(
    loadConfig(url, '--scenario', 'presence', '--rate', '50', '--duration', '100'),
    {
      signal: end.signal,
      onProgress: ({ tally }) =>
        (tally.errors.toObject()['join: {"reason":"banned"}'] ?? 0) > 1 && end.abort()
    }
  )
  t.ok(Number(report.errors['join: {"reason":"banned"}']) > 1)
  t.equal(report.clients.lost, 0)
})

t.test('diffs that are none end nothing', async (t) => {
  const { url } = await startMadeUpServer(t, ([, , topic, event], from, server) => {
    if (event !== 'phx_leave') return
    for (const socket of server.members(topic)) {
      for (const diff of [
        {},
        { joins: null, leaves: 5 },
        { joins: [], leaves: 'load1' },
        { joins: { __proto__: 1 } }
      ])
        push(socket, topic, 'presence_diff', diff)
      push(socket, topic, 'presence_state', {})
    }
    from.terminate()
  })
  const end = new AbortController()
  const report = await runLoad(
    loadConfig(url, '--scenario', 'presence', '--rate', '50', '--duration', '100'),
    {
      signal: end.signal,
      onProgress: ({ crowd }) => crowd.lost > 0 && end.abort()
    }
  )
  t.ok(report.clients.lost > 0)
  t.equal(report.heard?.heard, 0)
})
