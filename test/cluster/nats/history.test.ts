import { connect } from '@nats-io/transport-node'
import t, { type Test } from 'tap'
import { JetStreams } from '../../../lib/cluster/nats/jetstream.js'
import { repeatMs } from '../../../lib/cluster/nats/kept-marks.js'
import { type NatsOptions, nats } from '../../../lib/cluster/nats/nats.js'
import { NatsHistory } from '../../../lib/cluster/nats/nats-history.js'
import { Session } from '../../../lib/cluster/nats/session.js'
import type { PhoenixService } from '../../../plugins/phoenix.js'
import { read } from '../../fixtures/documents.js'
import { historyCases, type KeepingWorld } from '../../fixtures/history-cases.js'
import { missedCases } from '../../fixtures/missed-cases.js'
import { type NatsProxy, startNatsProxy } from '../../fixtures/nats-proxy.js'
import { noNats, startNats } from '../../fixtures/nats-server.js'
import { clusterServers } from '../../fixtures/nodes.js'
import { keepingMount, upTo } from '../../fixtures/recovering-member.js'

const skip = noNats()

const unavailable = { code: 'PHX_ERR_HISTORY_UNAVAILABLE' }

/** Nodes at a server. */
async function start(t: Test, servers: string, count = 1, more: NatsOptions = {}): Promise<PhoenixService[]> {
  const adapter = () => nats({ servers, ...more })
  const nodes = await clusterServers(t, { adapter, count, mount: keepingMount })
  return nodes.map(({ app }) => app.phoenix)
}

t.test('what all engines do', { skip }, async (t) => {
  const world: KeepingWorld = {
    async start(t, keepsData) {
      const server = await startNats(t)
      const proxy: NatsProxy = await startNatsProxy(t, server.port)
      return {
        adapter: () => nats({ servers: proxy.url }),
        kill: () => server.kill(),
        async start() {
          if (!keepsData) server.rewind()
          await server.start()
        },
        cut: () => proxy.cut(),
        save: () => server.save()
      }
    }
  }
  historyCases(t, world)
  missedCases(t, world)
})

t.test('a server without JetStream keeps nothing, says so, and does all else', { skip }, async (t) => {
  const server = await startNats(t, '', { hasStreams: false })
  const [one, other] = (await start(t, server.url, 2)) as [PhoenixService, PhoenixService]
  const says = { ...unavailable, message: /JetStream does not answer: it is not enabled/ }
  await t.rejects(one.publish('room:1', 'say', { n: 1 }), says)
  await t.rejects(other.history('room:1'), says)
  t.ok(Number(one.stats.cluster?.dropped) >= 1)
  t.equal(one.stats.cluster?.state, 'up')
})

t.test('a message that the server does not take is refused at once', { skip }, async (t) => {
  const server = await startNats(t, 'max_payload: 8192')
  const [one] = (await start(t, server.url)) as [PhoenixService]
  const tooLarge = { code: 'PHX_ERR_HISTORY_TOO_LARGE', message: /keeps messages of 6144 at most/ }
  const text = 'x'.repeat(6_144)
  await t.rejects(one.publish('room:1', 'say', { text }), tooLarge)
  t.throws(() => one.broadcast('room:1', 'say', { text }), tooLarge)
  const { offset } = await one.publish('room:1', 'say', { text: 'x'.repeat(6_000) }, { key: 'k'.repeat(128) })
  t.equal(offset, 1)
  t.equal((await one.history('room:1')).messages.length, 1)
})

/** A history, and what asks the server about its stream. */
async function startHistory(t: Test, time?: () => number) {
  const server = await startNats(t)
  const connection = await connect({ servers: server.url })
  const outboxBytes = 1_000_000
  const session = new Session(connection, { outboxBytes, lost() {}, beat() {} })
  t.teardown(() => session.close(100))
  const jetStreams = new JetStreams(() => session)
  const history = new NatsHistory(jetStreams, {
    prefix: 'phx',
    replicas: 1,
    outboxBytes,
    ...(time && { time })
  })
  const ask = (subject: string, body: object = {}) =>
    jetStreams.with((jetStream) => jetStream.api(`STREAM.${subject}`, body))
  const messages = async (): Promise<number> => {
    const { state } = (await ask('INFO.phx_history')) as { state: { messages: number } }
    return state.messages
  }
  return { server, history, ask, messages }
}

t.test('the clock of a node decides nothing', { skip }, async (t) => {
  const { history } = await startHistory(t)
  const options = { size: 100, ttlMs: 3 * repeatMs }
  const { now } = Date
  const later = (ms: number) => t.intercept(Date, 'now', { value: () => now() + ms, configurable: true })
  for (const n of upTo(60)) {
    later(n > 40 ? 3_600_000 : 0)
    await history.append('t:a', Buffer.from(`${n}`), { ...options, key: `${n}` })
  }
  const { messages: kept } = await history.read('t:a', { limit: 1_000, ttlMs: options.ttlMs })
  t.equal(kept.length, 60)
  t.equal((await history.append('t:a', Buffer.from('1'), { ...options, key: '1' })).offset, 1)
})

t.test('a key whose message went with its stream is one message more, and no more', { skip }, async (t) => {
  const { history, ask } = await startHistory(t)
  const append = () => history.append('t:a', Buffer.from('a'), { size: 100, ttlMs: 60_000, key: 'k' })
  const first = await append()
  await ask('PURGE.phx_history')
  const again = [await append(), await append(), await append()]
  t.not(again[0]?.epoch, first.epoch)
  t.same(again, [again[0], again[0], again[0]])
  t.equal(again[0]?.offset, 1)
})

t.test('what nobody needs any more leaves the stream', { skip }, async (t) => {
  let now = 1e12
  const { history, messages } = await startHistory(t, () => now)
  const options = { size: 100, ttlMs: 3 * repeatMs }
  const all = { limit: 1_000, ttlMs: options.ttlMs }
  for (const n of upTo(300)) await history.append('t:a', Buffer.from(`${n}`), options)
  t.equal(await messages(), 300)
  now += 2 * repeatMs
  t.equal((await history.append('t:a', Buffer.from('301'), options)).offset, 301)
  let left = 301
  while (left === 301) left = await messages()
  t.ok(left >= 100 && left < 301, `${left}`)
  const { messages: kept } = await history.read('t:a', all)
  t.same(
    kept.map(({ offset }) => offset),
    upTo(100).map((n) => n + 201)
  )
  t.equal((await history.read('t:a', { ...all, after: 299 })).messages.length, 2)
  t.same((await history.read('t:a', { ...all, after: 10, limit: 1 })).messages[0]?.offset, 202)
  now += 4 * repeatMs
  t.equal((await history.append('t:a', Buffer.from('302'), options)).offset, 302)
  while (left > 50) left = await messages()
  t.equal((await history.append('t:a', Buffer.from('303'), options)).offset, 303, 'the place stays')
})

t.test(
  'a repeat of a key whose message went with its epoch is a message of the new one',
  { skip },
  async (t) => {
    const { history } = await startHistory(t)
    const options = { size: 10, ttlMs: 60_000, key: 'order' }
    const first = await history.append('t:a', Buffer.from('1'), options)
    await history.renew('t:a', { ...first, offset: 99 })
    const next = await history.append('t:a', Buffer.from('1'), options)
    t.not(next.epoch, first.epoch)
    t.equal(next.offset, 1)
    t.same(await history.append('t:a', Buffer.from('1'), options), next)
  }
)

t.test('a stream that is gone is made anew, with new epochs', { skip }, async (t) => {
  const { history, ask } = await startHistory(t)
  const options = { size: 10, ttlMs: 60_000 }
  const first = await history.append('t:a', Buffer.from('1'), options)
  await ask('DELETE.phx_history')
  const second = await history.append('t:a', Buffer.from('2'), options)
  t.equal(second.offset, 1)
  t.not(second.epoch, first.epoch)
  await ask('DELETE.phx_history')
  const query = { limit: 1, ttlMs: 60_000 }
  await t.rejects(history.read('t:a', query), { code: 'PHX_ERR_CLUSTER_UNREACHABLE' })
  t.equal((await history.read('t:a', query)).offset, 0)
})

t.test('a stream of that name that does something else is not used', { skip }, async (t) => {
  const { server, ask } = await startHistory(t)
  await ask('CREATE.phx_history', { name: 'phx_history', subjects: ['phx.%kept.*'] })
  const [one] = (await start(t, server.url)) as [PhoenixService]
  const message = /the stream phx_history is another one: it has to republish phx[.]%kept[.][*] as phx[.]/
  await t.rejects(one.publish('room:1', 'say', {}), { ...unavailable, message })
})

t.test('replicas take a server that counts right with them', { skip }, async (t) => {
  const server = await startNats(t)
  const [one] = (await start(t, server.url, 1, { historyReplicas: 3 })) as [PhoenixService]
  const outcome = await one.publish('room:1', 'say', {}).then(
    () => new Error('it was taken'),
    (err: Error) => err
  )
  // A newer server says that it has no others.
  t.match(outcome, { ...unavailable, message: /takes nats-server 2[.]10|replicas/ })
})

t.test('a user of NATS with the rights that the guide names is enough', { skip }, async (t) => {
  const guide = read('plugins/guides/cluster.md')
  const publish = ['phx.>', '$JS.API.STREAM.>', '$JS.API.CONSUMER.>']
  const subscribe = ['phx.>', '_INBOX.>']
  for (const subject of [...publish, ...subscribe]) t.match(guide, `\`${subject}\``)
  const server = await startNats(
    t,
    `authorization { users: [
      { user: app, password: x, permissions: ${JSON.stringify({ publish, subscribe })} }
      { user: plain, password: x, permissions: { publish: "phx.>", subscribe: ["phx.>", "_INBOX.>"] } }
    ] }`
  )
  const [one] = (await start(t, server.url, 1, { user: 'app', pass: 'x' })) as [PhoenixService]
  const position = await one.publish('room:1', 'say', { n: 1 }, { key: 'a' })
  t.same(await one.publish('room:1', 'say', { n: 1 }, { key: 'a' }), position)
  t.match(await one.history('room:1'), { position, messages: [{ payload: { n: 1 } }] })

  const [plain] = (await start(t, server.url, 1, { user: 'plain', pass: 'x', prefix: 'phx.other' })) as [
    PhoenixService
  ]
  const says = { ...unavailable, message: /STREAM[.]CREATE[.]phx_other_history/ }
  await t.rejects(plain.publish('room:1', 'say', {}), says)
  t.equal(plain.stats.cluster?.state, 'up')
})
