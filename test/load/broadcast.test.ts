import t, { type Test } from 'tap'
import type { LoadReport } from '../../lib/load/report.js'
import { renderReport } from '../../lib/load/report-text.js'
import { type LoadProgress, runLoad } from '../../lib/load/run.js'
import { forever, loadConfig, unlimited } from '../fixtures/load.js'
import { type Message, push, reply, startMadeUpServer } from '../fixtures/made-up-server.js'
import { startReferenceServer } from '../fixtures/reference-server.js'

/** A load of ten messages; `until` says when it has nothing to wait for but what will never come. */
async function load(
  url: string,
  argv: readonly string[] = [],
  until: (progress: LoadProgress) => boolean = () => false
): Promise<LoadReport> {
  const end = new AbortController()
  return runLoad(loadConfig(url, '--scenario', 'broadcast', '--rate', '50', ...argv), {
    signal: end.signal,
    onProgress: (progress) => progress.phase === 'waiting' && until(progress) && end.abort()
  })
}

const crossed = ({ thresholds }: LoadReport): string[] =>
  thresholds.filter(({ failed }) => failed).map(({ failIf }) => failIf)

t.test('each message is counted at each other member of its room', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: unlimited })
  const rooms = ['--clients', '10', '--room-size', '4', '--dev-login', '--bytes', '500']
  const report = await load(base, rooms)
  // Rooms of 4, 4 and 2 take turns.
  t.match(report, {
    scenario: 'broadcast',
    clients: { asked: 10, connected: 10, lost: 0 },
    operations: { name: 'messages', sent: 10, done: 10, unanswered: 0 },
    heard: { expected: 4 * 3 + 3 * 3 + 3 * 1, heard: 24, missing: 0, doubled: 0 },
    errors: {},
    failed: false
  })
  t.equal(
    report.timeline.reduce((sum, { count }) => sum + count, 0),
    24
  )
  const { last, connect, join } = report.latenciesMs
  t.ok(last && connect && join)
  t.ok(Number(last?.p50) >= Number(report.latencyMs?.min))
  t.match(renderReport(report), /\n {2}heard +24 of 24, 0 missing, 0 doubled\n/)
})

interface Broadcasting {
  readonly url: string
  /** What others than its sender were sent of all messages. */
  told: number
}

/** Broadcasts what is pushed to all members, the sender too, as often as it says. */
async function startBroadcasting(
  t: Test,
  copies: (receiver: number, message: number) => number
): Promise<Broadcasting> {
  let messages = 0
  const { url } = await startMadeUpServer(t, ([, , topic, event, payload], from, server) => {
    if (event !== 'shout') return undefined
    const message = ++messages
    for (const [receiver, socket] of server.members(topic).entries()) {
      for (let copy = copies(receiver, message); copy > 0; copy--) {
        push(socket, topic, event, payload)
        if (socket !== from) broadcasting.told++
      }
    }
    return undefined
  })
  const broadcasting = { url, told: 0 }
  return broadcasting
}

t.test('a server that sends the sender its own, and answers nothing, does no wrong', async (t) => {
  const { url } = await startBroadcasting(t, () => 1)
  t.match(await load(url), { heard: { expected: 20, heard: 20, missing: 0, doubled: 0 }, failed: false })
})

t.test('what a member never hears is missing', async (t) => {
  // The third member hears nothing of the first half, of which it sends one or two itself.
  const server = await startBroadcasting(t, (receiver, message) => (receiver === 2 && message <= 5 ? 0 : 1))
  const report = await load(
    server.url,
    [],
    ({ tally }) => tally.delivered >= 16 && tally.delivered === server.told
  )
  const { expected, heard, missing, doubled } = report.heard ?? {}
  t.equal(expected, 20)
  t.equal(heard, server.told)
  t.equal(missing, 20 - server.told)
  t.ok(Number(missing) >= 3)
  t.equal(doubled, 0)
  t.equal(report.operations.unanswered, missing)
  t.same(crossed(report), ['unanswered>0', 'missing>0'])
  t.match(renderReport(report), new RegExp(`latency .*, of the ${heard} heard\n`))
})

t.test('what a member hears twice is doubled, while others wait and after all have heard', async (t) => {
  const server = await startBroadcasting(t, (receiver) => (receiver === 1 ? 1 : 2))
  const report = await load(server.url)
  const { heard, missing, doubled } = report.heard ?? {}
  t.equal(heard, 20)
  t.equal(missing, 0)
  // Of the very last message it may have come too late.
  t.ok(Number(doubled) >= server.told - 20 - 2 && Number(doubled) <= server.told - 20, `${doubled}`)
  t.same(crossed(report), ['doubled>0'])
})

t.test('a push that is refused is an error, and missing nowhere', async (t) => {
  const { url } = await startMadeUpServer(t, (message, from) => {
    if (message[3] === 'shout') reply(from, message, { status: 'error', response: { reason: 'forbidden' } })
    return undefined
  })
  const report = await load(url)
  t.match(report, { operations: { sent: 10, done: 0, unanswered: 0 }, heard: { expected: 0, missing: 0 } })
  t.same(report.errors, { forbidden: 10 })
  t.equal(report.latencyMs, null)
  t.same(crossed(report), ['errors>0'])
})

t.test('a server may broadcast another event, with other things beside', async (t) => {
  const { url } = await startMadeUpServer(t, (message, from, server) => {
    const [, , topic, event, payload] = message
    if (event !== 'new_msg') return undefined
    reply(from, message, { status: 'ok', response: { echo: payload } })
    for (const socket of server.members(topic)) push(socket, topic, 'msg', { id: 5, message: payload })
    return undefined
  })
  const payload = '{"body":"say {id}"}'
  const report = await load(url, ['--event', 'new_msg', '--heard-event', 'msg', '--payload', payload])
  t.match(report, { heard: { expected: 20, heard: 20, doubled: 0 }, failed: false })
})

t.test('what a server makes up is not counted, and ends nothing', async (t) => {
  const strange = [{}, { text: 'load' }, { text: 'load-1-1-1-' }, { text: `load${'0'.repeat(8)}-1-1-1-` }]
  const { url } = await startMadeUpServer(t, ([, , topic, event, payload], _from, server) => {
    if (event !== 'shout') return undefined
    const { text } = payload as { text: string }
    const ahead = text.replace(/-.*/, '-zzzzz-1-9-')
    const elsewhere = text.replace(/^(\w+-\w+-)\w+-/, '$19-')
    const nobody = text.replace(/\w+-$/, 'zzzz-')
    for (const socket of server.members(topic)) {
      for (const made of strange) push(socket, topic, event, made)
      push(socket, 'another', event, { text: ahead })
      push(socket, topic, event, { text: elsewhere })
      socket.send(Buffer.from([2, 0, 0, 0]))
      push(socket, topic, event, { text: nobody })
    }
    return undefined
  })
  const report = await load(url)
  t.equal(report.clients.lost, 0)
  // Its mark is right but for who sent it: all three have heard of what one of them sent.
  t.match(report.heard, { expected: 20, heard: 20, missing: 0 })
})

t.test(
  'a server that goes away in the middle is told of, and nothing is called missing that was never sent',
  async (t) => {
    let messages = 0
    const { url } = await startMadeUpServer(t, (message: Message, _from, server) => {
      const [, , topic, event, payload] = message
      if (event !== 'shout') return
      if (++messages > 5) {
        for (const socket of server.sockets.clients) socket.terminate()
        return
      }
      for (const socket of server.members(topic)) push(socket, topic, event, payload)
    })
    const report = await load(url)
    t.match(report.clients, { connected: 3, lost: 3 })
    t.same(report.lostReasons, { closed_1006: 3 })
    t.match(report.operations, { sent: 10, done: 5, unanswered: 0 })
    t.equal(report.heard?.missing, 0)
    const { connection_lost: lost = 0, not_connected: late = 0 } = report.errors
    t.ok(lost > 0)
    t.equal(lost + late, 5)
    t.match(renderReport(report), /\n {2}lost +3 x closed_1006\n/)
  }
)

t.test('a load that is interrupted waits for nothing', async (t) => {
  const { url } = await startMadeUpServer(t, () => undefined)
  const interrupt = new AbortController()
  const report = await runLoad(loadConfig(url, '--scenario', 'broadcast', '--duration', '1000'), {
    signal: interrupt.signal,
    onProgress: ({ tally }) => tally.sent > 0 && interrupt.abort()
  })
  t.ok(report.interrupted)
  t.ok(Number(report.heard?.missing) > 0)
})

t.test('a topic that cannot be joined is the reason why nobody could connect', async (t) => {
  const { base } = await startReferenceServer(t)
  const config = loadConfig(base, '--scenario', 'broadcast', '--topic', 'hall:{n}', '--dev-login')
  await t.rejects(runLoad(config, { signal: forever }), {
    code: 'PHX_ERR_LOAD_NOT_CONNECTED',
    message: /join: \{"reason":"unmatched topic"\}$/
  })
})
