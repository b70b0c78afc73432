import Fastify, { type FastifyBaseLogger } from 'fastify'
import type { Channel } from 'phoenix'
import t, { type Test } from 'tap'
import { MemoryEngine } from '../../lib/cluster/memory.js'
import phoenix, { defineChannel, Presence } from '../../plugins/phoenix.js'
import { LongPollClient } from '../fixtures/longpoll-client.js'
import { newerAdapter } from '../fixtures/newer-adapter.js'
import { sharedSecret } from '../fixtures/nodes.js'
import { connectPhoenix } from '../fixtures/phoenix-client.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'
import { presentRoom } from '../fixtures/rooms.js'
import { listen, type TestServer } from '../fixtures/server.js'
import { until } from '../fixtures/until.js'
import { Watcher } from '../fixtures/watcher.js'

const loggerOf = (log: RecordingLogger): FastifyBaseLogger => {
  const logger = {
    ...log,
    fatal: log.error,
    silent: log.trace,
    level: 'info'
  } as unknown as FastifyBaseLogger
  logger.child = () => logger
  return logger
}

interface Node extends TestServer {
  readonly log: RecordingLogger
  readonly watcher: Watcher
}

async function startNode(t: Test, engine: MemoryEngine, isNewer: boolean, userId: string): Promise<Node> {
  const presence = new Presence({ name: 'rooms' })
  const quiet = defineChannel({ join: () => ({ status: 'ok', response: { fill: 'x'.repeat(600_000) } }) })
  const log = new RecordingLogger()
  const app = Fastify({ forceCloseConnections: true, loggerInstance: loggerOf(log) })
  await app.register(phoenix, {
    connect: ({ user_id: userId }) => ({ userId: String(userId) }),
    id: ({ assigns }) => `user_socket:${assigns.userId}`,
    channels: { 'room:*': presentRoom(presence), 'quiet:*': quiet },
    longpoll: { secret: sharedSecret },
    cluster: isNewer ? newerAdapter(engine.adapter()) : engine.adapter(),
    presence,
    webrtc: false
  })
  const server = await listen(t, app)
  const watcher = new Watcher(connectPhoenix(t, server.url, { params: { user_id: userId } }))
  watcher.channel.join()
  return { ...server, log, watcher }
}

const bytesOf = (channel: Channel, event: string): number[][] => {
  const all: number[][] = []
  channel.on(event, (payload: ArrayBuffer) => void all.push([...new Uint8Array(payload)]))
  return all
}

t.test('nodes of two versions understand what both know, and count the rest', async (t) => {
  const engine = new MemoryEngine()
  const nodes = [
    await startNode(t, engine, false, 'user1'),
    await startNode(t, engine, true, 'user2'),
    await startNode(t, engine, false, 'user3'),
    await startNode(t, engine, true, 'user4')
  ]
  const [older, newer] = nodes as [Node, Node]
  await until(() => nodes.every(({ app }) => app.phoenix.nodes().length === nodes.length))
  await until(() => nodes.every(({ watcher }) => watcher.names === 'user1,user2,user3,user4'))

  const raw = nodes.map(({ watcher }) => bytesOf(watcher.channel, 'bytes'))
  for (const [i, { app, watcher }] of nodes.entries()) {
    watcher.channel.push('say', { text: `say ${i}` })
    app.phoenix.broadcast('room:1', 'bytes', Uint8Array.from([i, 255]))
    app.phoenix.broadcast('room:1', 'said', { text: `state ${i}` }, { dropStale: 'state' })
  }
  await until(() => nodes.every(({ watcher }) => watcher.said.length === 8))
  const texts = nodes.flatMap((_, i) => [`say ${i}`, `state ${i}`]).sort()
  for (const { watcher } of nodes) t.same([...watcher.said].sort(), texts)
  await until(() => raw.every((all) => all.length === 4))
  for (const all of raw) t.same(all.map(([i]) => i).sort(), [0, 1, 2, 3])

  for (const { app } of nodes) app.phoenix.onSurvey('sockets', () => app.phoenix.socketCount)
  for (const { app } of [older, newer]) {
    const { answers, failed, silent } = await app.phoenix.survey('sockets')
    t.same(
      answers.map(({ value }) => value),
      [1, 1, 1, 1]
    )
    t.same([failed, silent], [[], []])
  }

  for (const [holder, asked] of [
    [older, newer],
    [newer, older]
  ] as const) {
    let port = holder.port
    const client = new LongPollClient(() => port)
    t.teardown(() => client.end())
    const { token } = await client.poll()
    t.ok(token?.startsWith(holder.app.phoenix.node))
    client.end()
    port = holder.port
    const session = new LongPollClient(() => port)
    await session.join('room:2')
    port = asked.port
    await session.post('1', '2', 'room:2', 'say', { text: 'relayed' })
    let messages = ''
    while (!messages.includes('relayed')) messages += (await session.poll()).messages?.join() ?? ''
    await session.post('2', '3', 'quiet:2', 'phx_join', {})
    messages = ''
    while (!messages.includes('xxxx')) messages += (await session.poll()).messages?.join() ?? ''
    t.ok(messages.length > 600_000, 'a large answer in pieces')
    session.end()
  }

  newer.app.phoenix.disconnect('user_socket:user1')
  await until(() => older.watcher.told.includes('-user1') || nodes[2]?.watcher.told.includes('-user1'))
  await until(() => nodes.every(({ watcher }) => watcher.names === 'user1,user2,user3,user4'))

  await newer.app.close()
  await until(() => nodes[2]?.watcher.names === 'user1,user3,user4')

  for (const { app, log, watcher } of nodes) {
    t.same(watcher.wrong, [])
    t.same([log.messages('error'), log.messages('warn')], [[], []])
    const { version, kind, form, signal, garbled, foreign } = app.phoenix.stats.cluster?.unknown ?? {}
    for (const count of [version, kind, form, signal]) t.ok((count ?? 0) > 0)
    t.same([garbled, foreign], [0, 0])
  }
})
