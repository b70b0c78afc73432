import t, { type Test } from 'tap'
import type { WebSocket } from 'ws'
import type { LoadReport } from '../../lib/load/report.js'
import { renderReport } from '../../lib/load/report-text.js'
import { type LoadProgress, runLoad } from '../../lib/load/run.js'
import { loadConfig, unlimited } from '../fixtures/load.js'
import { type Message, reply, startMadeUpServer } from '../fixtures/made-up-server.js'
import { startReferenceServer } from '../fixtures/reference-server.js'

/** Clients that are cut all the time; `until` says when there is nothing to wait for but what will never come. */
async function load(
  url: string,
  argv: readonly string[] = [],
  until: (progress: LoadProgress) => boolean = () => false
): Promise<LoadReport> {
  const end = new AbortController()
  const restless = ['--recover', '--rate', '100', '--duration', '1', '--stay', '0.1', '--away', '0.1']
  return runLoad(loadConfig(url, ...restless, ...argv), {
    signal: end.signal,
    onProgress: (progress) => until(progress) && end.abort()
  })
}

const crossed = ({ thresholds }: LoadReport): string[] =>
  thresholds.filter(({ failed }) => failed).map(({ failIf }) => failIf)

t.test('with enough history nothing is lost, doubled or out of order', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: unlimited, HISTORY: '100' })
  const report = await load(base, ['--dev-login', '--clients', '10', '--room-size', '4'])
  t.match(report, {
    scenario: 'recover',
    clients: { asked: 10, connected: 10, lost: 0 },
    // One more at the end in each of the rooms.
    operations: { name: 'messages', sent: 103, done: 103, unanswered: 0 },
    heard: { missing: 0, doubled: 0 },
    recovery: { closed: {}, unrecovered: 0, failures: {}, forgone: 0, disordered: 0, clients: [] },
    errors: {},
    failed: false
  })
  const { expected, heard } = report.heard ?? {}
  t.equal(heard, expected)
  const { cut, recovered, replayed } = report.recovery ?? {}
  t.ok(Number(cut) > 0)
  t.equal(recovered, cut)
  t.ok(Number(replayed) > 0)
  const { recovery, connect, join, last } = report.latenciesMs
  t.ok(recovery && connect && join)
  t.notOk(last, 'those who are away would be the last')
  const text = renderReport(report)
  t.match(text, new RegExp(`\n {2}recoveries +${cut} cut off, ${cut} recovered, 0 told that they cannot\n`))
  t.match(text, new RegExp(`\n {2}replayed +${replayed} messages, 0 forgone as told\n`))
})

t.test('with too little of it clients are told so, which is no loss', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: unlimited, HISTORY: '1' })
  const report = await load(base, ['--dev-login', '--rate', '200'])
  t.match(report, { heard: { missing: 0, doubled: 0 }, recovery: { disordered: 0 }, failed: false })
  const { unrecovered, forgone, clients } = report.recovery ?? {}
  t.ok(Number(unrecovered) > 0)
  t.ok(Number(forgone) > 0)
  t.equal(
    clients?.reduce((sum, client) => sum + client.forgone, 0),
    forgone
  )
  t.match(renderReport(report), / heard by all or forgone, 0 not\n/)
  t.match(renderReport(report), /\n {2}client \d +0 missing, 0 doubled, 0 out of order, \d+ forgone/)
})

t.test('who wants it fails by what is forgone', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: unlimited, HISTORY: '1' })
  const asked = ['--fail-if', 'unrecovered>0', '--fail-if', 'forgone>0']
  const report = await load(base, ['--dev-login', '--rate', '200', ...asked])
  t.same(crossed(report), ['unrecovered>0', 'forgone>0'])
})

t.test('a topic without history is named', async (t) => {
  const { base } = await startReferenceServer(t)
  await t.rejects(load(base, ['--dev-login']), {
    code: 'PHX_ERR_LOAD_NOT_CONNECTED',
    message: /: no phx_recover in the reply to the join: the topic has no history/
  })
})

interface Kept {
  readonly offset: number
  readonly event: string
  readonly payload: unknown
}

type Recover = { offset?: number; epoch?: string; client?: string }

/** What the reply says, and what is sent behind it. */
interface Made {
  readonly says: object
  readonly replays: readonly Kept[]
}

/** A server with history that does with what was missed what the test makes up. */
async function startKeeping(t: Test, make: (missed: readonly Kept[], recover: Recover) => Made) {
  const kept: Kept[] = []
  const send = (socket: WebSocket, topic: string, { offset, event, payload }: Kept) =>
    socket.send(JSON.stringify([null, `@${offset}`, topic, event, payload]))
  return startMadeUpServer(t, (message: Message, from, server) => {
    const [, , topic, event, payload] = message
    if (event === 'phx_join') {
      const { phx_recover: recover } = payload as { phx_recover: Recover }
      const isFirst = recover.offset === undefined
      const missed = kept.filter(({ offset }) => offset > Number(recover.offset))
      const { says, replays } = isFirst ? { says: {}, replays: [] } : make(missed, recover)
      const answer = { epoch: 'e', offset: kept.length, recovered: false, count: 0, ...says }
      reply(from, message, { status: 'ok', response: { phx_recover: answer } })
      for (const each of replays) send(from, topic, each)
      return 'answered'
    }
    if (event === 'shout') {
      kept.push({ offset: kept.length + 1, event, payload })
      for (const socket of server.members(topic)) {
        if (socket !== from) send(socket, topic, kept.at(-1) as Kept)
      }
      reply(from, message)
    }
    return undefined
  })
}

const claims = ({ offset }: Recover, count: number) => ({ offset, recovered: true, count })

t.test('a server that loses what it claims to have recovered is found out', async (t) => {
  const { url } = await startKeeping(t, (missed, recover) => ({
    says: claims(recover, Math.max(0, missed.length - 1)),
    replays: missed.slice(1)
  }))
  const report = await load(url, [], ({ phase }) => phase === 'waiting')
  t.ok(Number(report.heard?.missing) > 0)
  t.equal(report.heard?.doubled, 0)
  t.ok(crossed(report).includes('missing>0'))
  const { clients = [] } = report.recovery ?? {}
  t.ok(clients.length > 0 && clients.every(({ client, missing }) => client > 1 && missing > 0))
})

t.test('a server that sends once more what was heard is found out', async (t) => {
  const seen: Kept[] = []
  const { url } = await startKeeping(t, (missed, recover) => {
    seen.push(...missed)
    return { says: claims(recover, missed.length), replays: [...missed, ...missed] }
  })
  const report = await load(url, [])
  t.match(report, { heard: { missing: 0 }, recovery: { replayed: seen.length }, failed: true })
  t.ok(Number(report.heard?.doubled) > 0)
  t.same(crossed(report), ['doubled>0'])
})

t.test('a server that sends in another order is found out', async (t) => {
  const { url } = await startKeeping(t, (missed, recover) => ({
    says: claims(recover, missed.length),
    replays: missed.toReversed()
  }))
  const report = await load(url)
  t.match(report, { heard: { missing: 0, doubled: 0 }, failed: true })
  t.ok(Number(report.recovery?.disordered) > 0)
  t.same(crossed(report), ['disordered>0'])
})

t.test('what a server loses after it has said that something is gone is missing', async (t) => {
  const { url } = await startKeeping(t, (_missed, { offset }) => ({ says: { offset }, replays: [] }))
  const report = await load(url, [], ({ phase }) => phase === 'waiting')
  t.ok(Number(report.heard?.missing) > 0)
  t.equal(report.recovery?.forgone, 0)
})

t.test('clients come back to the next of the nodes', async (t) => {
  const start = async () => {
    const seen = new Set<string>()
    const { url } = await startKeeping(t, (_missed, { client }) => {
      seen.add(String(client))
      return { says: {}, replays: [] }
    })
    return { url, seen }
  }
  const [one, other] = [await start(), await start()]
  // Two of the three are cut again and again.
  const report = await load(
    one.url,
    ['--url', other.url, '--duration', '100'],
    () => one.seen.size + other.seen.size === 4
  )
  t.equal(report.clients.lost, 0)
  t.same([...one.seen].sort(), [...other.seen].sort())
  for (const name of one.seen) t.match(name, /^[0-9a-f]{8}-[23]$/)
})

for (const [what, says] of [
  ['nothing', undefined],
  ['half of it', { epoch: 'f' }],
  ['no object', 5],
  ['another position', { epoch: 'e', offset: 1e6, recovered: true, count: 0 }]
] as const) {
  t.test(`a server that answers a return with ${what} is not come back to`, async (t) => {
    const { url } = await startMadeUpServer(t, (message, from) => {
      const [, , , event, payload] = message
      if (event !== 'phx_join') return undefined
      const { phx_recover: recover } = payload as { phx_recover: Recover }
      const first = { epoch: 'e', offset: 0, recovered: false, count: 0 }
      const phx_recover = recover.offset === undefined ? first : says
      reply(from, message, { status: 'ok', response: { phx_recover } })
      return 'answered'
    })
    const report = await load(url, ['--duration', '100'], ({ tally }) => tally.recoveries.failures.total > 1)
    t.match(Object.keys(report.recovery?.failures ?? {})[0], /phx_recover/)
    t.ok(report.clients.lost > 0)
    t.match(renderReport(report), /\n {2}not back +\d+ x .*phx_recover/)
  })
}

t.test('clients that the server closes come back too, and messages wait for who sends them', async (t) => {
  const { app, base } = await startReferenceServer(t, { LIMITS: unlimited, HISTORY: '100' })
  let closed = 0
  const report = await load(
    base,
    ['--dev-login', '--stay', '100', '--duration', '2'],
    ({ phase, tally, crowd }) => {
      if (phase !== 'running' || tally.delivered === 0 || closed > 0) return false
      closed = crowd.connected
      for (let n = 1; n <= closed; n++) app.phoenix.disconnect(`user_socket:load${n}`)
      return false
    }
  )
  t.equal(closed, 3)
  t.match(report, {
    clients: { lost: 0 },
    heard: { missing: 0, doubled: 0 },
    recovery: { cut: 0, recovered: 3 }
  })
  t.equal(
    Object.values(report.recovery?.closed ?? {}).reduce((sum, count) => sum + count, 0),
    3
  )
  t.match(renderReport(report), /\n {2}closed +3 x closed_\d+\n/)
})
