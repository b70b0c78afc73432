import t from 'tap'
import { runLoad } from '../../lib/load/run.js'
import { forever, loadConfig, unlimited } from '../fixtures/load.js'
import { reply, startMadeUpServer } from '../fixtures/made-up-server.js'
import { startReferenceServer } from '../fixtures/reference-server.js'

t.test('clients come all at once, leave, and come again', async (t) => {
  const { base } = await startReferenceServer(t, { LIMITS: unlimited })
  const config = loadConfig(base, '--scenario', 'joins', '--dev-login', '--stay', '0.01')
  const report = await runLoad(config, { signal: forever })
  const { sent, done, unanswered } = report.operations
  t.ok(sent >= 3, `${sent}`)
  t.equal(sent % 3, 0, 'each wave has all of them')
  t.equal(done, sent)
  t.equal(unanswered, 0)
  t.match(report, { clients: { asked: 3, connected: 3, lost: 0 }, rate: { asked: null }, failed: false })
  const { connect, join } = report.latenciesMs
  t.ok(Number(connect?.p50) < Number(report.latencyMs?.max))
  t.ok(Number(join?.p50) < Number(report.latencyMs?.max))
})

t.test('at a rate they come one by one, each to its own topic', async (t) => {
  const topics = new Set<string>()
  const users = new Set<string>()
  const { url, sockets } = await startMadeUpServer(t, ([, , topic]) => {
    topics.add(topic)
    return undefined
  })
  sockets.on('connection', (_client, request) => users.add(`${request.url}`))
  const argv = ['--clients', '10', '--rate', '50', '--stay', '0', '--topic', 'lobby:{n}']
  const params = ['--params', '{"me":"{n}"}', '--join-params', '{"a":1}']
  const report = await runLoad(loadConfig(url, '--scenario', 'joins', ...argv, ...params), {
    signal: forever
  })
  t.match(report.operations, { sent: 10, done: 10 })
  t.match(report.rate, { asked: 50 })
  t.equal(topics.size, 10)
  t.ok(topics.has('lobby:10'))
  t.equal(users.size, 10)
})

t.test('when all are there, who is due next is counted as not free', async (t) => {
  const { url } = await startMadeUpServer(t, () => undefined)
  const argv = ['--clients', '2', '--rate', '50', '--stay', '1000']
  const report = await runLoad(loadConfig(url, '--scenario', 'joins', ...argv), { signal: forever })
  t.match(report.operations, { sent: 10, done: 2 })
  t.same(report.errors, { no_client_away: 8 })
  t.match(report.clients, { connected: 2, lost: 0 })
})

t.test('who is lost while it stays is counted with the reason', async (t) => {
  let joined = 0
  const { url } = await startMadeUpServer(t, (message, from) => {
    // The first one only rehearses.
    if (++joined === 1) return undefined
    reply(from, message)
    from.close(4000)
    return 'answered'
  })
  const end = new AbortController()
  const argv = ['--clients', '2', '--rate', '10', '--stay', '1000', '--duration', '1000']
  const report = await runLoad(loadConfig(url, '--scenario', 'joins', ...argv), {
    signal: end.signal,
    onProgress: ({ crowd }) => crowd.lost === 2 && end.abort()
  })
  t.match(report.clients, { connected: 2, lost: 2 })
  t.same(report.lostReasons, { closed_4000: 2 })
})

t.test('joins that are refused in the middle are counted by the reason', async (t) => {
  let joins = 0
  const { url } = await startMadeUpServer(t, (message, from) => {
    if (message[3] !== 'phx_join' || ++joins <= 2) return undefined
    reply(from, message, { status: 'error', response: { reason: 'full' } })
    return 'answered'
  })
  const argv = ['--rate', '50', '--stay', '0']
  const report = await runLoad(loadConfig(url, '--scenario', 'joins', ...argv), { signal: forever })
  t.equal(report.operations.done, 1)
  t.ok(Number(report.errors['join: {"reason":"full"}']) >= 2)
})

t.test('a server that refuses the first is not stormed by the others', async (t) => {
  let connects = 0
  const { url, sockets } = await startMadeUpServer(t, () => undefined)
  sockets.on('connection', (socket) => {
    connects++
    socket.close()
  })
  const load = runLoad(loadConfig(url, '--scenario', 'joins', '--clients', '50'), { signal: forever })
  await t.rejects(load, { code: 'PHX_ERR_LOAD_NOT_CONNECTED' })
  t.equal(connects, 1)
})

t.test('clients that would run out of ports come from several addresses', async (t) => {
  const { url, sockets } = await startMadeUpServer(t, () => undefined)
  const addresses = new Set<string>()
  sockets.on('connection', (_client, { socket }) => addresses.add(`${socket.remoteAddress}`))
  const argv = ['--source', '127.0.0.5-127.0.0.7', '--stay', '0']
  const report = await runLoad(loadConfig(url, '--scenario', 'joins', ...argv), { signal: forever })
  t.same([...addresses].sort(), ['127.0.0.5', '127.0.0.6', '127.0.0.7'])
  t.same(report.sources, ['127.0.0.5', '127.0.0.6', '127.0.0.7'])
})
