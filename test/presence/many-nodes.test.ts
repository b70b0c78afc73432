import Fastify from 'fastify'
import { type Channel, Presence as ClientPresence } from 'phoenix'
import t, { type Test } from 'tap'
import type { ClusterAdapter } from '../../lib/cluster/adapter.js'
import { MemoryEngine } from '../../lib/cluster/memory.js'
import phoenix, { defineChannel, Presence, type PresenceOptions } from '../../plugins/phoenix.js'
import { connectPhoenix, join } from '../fixtures/phoenix-client.js'
import { listen } from '../fixtures/server.js'
import { until } from '../fixtures/until.js'

/** A way to an engine that can be cut: nobody is told, and nothing goes either way any more. */
function cuttable(engine: MemoryEngine): { adapter: ClusterAdapter; cut(): void } {
  const inner = engine.adapter()
  let isCut = false
  return {
    adapter: {
      start: (sink) => inner.start({ ...sinkOf(sink), deliver: (...args) => isCut || sink.deliver(...args) }),
      publish: (channel, bytes) => isCut || inner.publish(channel, bytes),
      subscribe: (channels) => inner.subscribe(channels),
      unsubscribe: (channels) => inner.unsubscribe(channels),
      close: () => inner.close()
    },
    cut() {
      isCut = true
    }
  }
}

const sinkOf = (sink: Parameters<ClusterAdapter['start']>[0]) => ({
  state: (state: 'up' | 'down') => sink.state(state)
})

async function startNode(
  t: Test,
  engine: MemoryEngine,
  options: PresenceOptions = {},
  how: 'option' | 'lazily' = 'option'
) {
  const presence = new Presence({ name: 'rooms', ...options })
  const room = defineChannel<{ userId: string }>({
    join(_params, channel) {
      presence.enter(channel, channel.assigns.userId, { n: 1 })
      return { status: 'ok' }
    }
  })
  const app = Fastify()
  const { adapter, cut } = cuttable(engine)
  await app.register(phoenix, {
    connect: (params) => ({ userId: params.user_id }),
    channels: { 'room:*': room },
    webrtc: false,
    cluster: adapter,
    ...(how === 'option' && { presence })
  })
  const { url } = await listen(t, app)
  return {
    app,
    presence,
    cut,
    async enter(userId: string): Promise<Watcher> {
      const socket = connectPhoenix(t, url, { params: { user_id: userId } })
      const watcher = new Watcher(socket.channel('room:1', {}))
      await join(watcher.channel)
      return watcher
    }
  }
}

/** What phoenix.js shows of a room, and who came and went. */
class Watcher {
  readonly channel: Channel
  readonly told: string[] = []
  readonly #view: ClientPresence

  constructor(channel: Channel) {
    this.channel = channel
    this.#view = new ClientPresence(channel)
    this.#view.onJoin((key, current) => void (current === undefined && this.told.push(`+${key}`)))
    this.#view.onLeave((key, current) => void (current.metas.length === 0 && this.told.push(`-${key}`)))
  }

  get names(): string {
    return this.#view
      .list((key) => key)
      .sort()
      .join()
  }
}

t.test('three servers show all that are there, until one closes and one is cut off', async (t) => {
  const engine = new MemoryEngine()
  const nodes = await Promise.all([1, 2, 3].map(() => startNode(t, engine)))
  const watchers = await Promise.all(nodes.map((node, i) => node.enter(`user${i + 1}`)))
  await until(() => watchers.every(({ names }) => names === 'user1,user2,user3'))
  const lists = await Promise.all(nodes.map(({ presence }) => presence.list('room:1')))
  const byKey = (a: [string, unknown], b: [string, unknown]): number => (a[0] < b[0] ? -1 : 1)
  for (const list of lists) {
    t.same(Object.entries(list).sort(byKey), Object.entries(lists[0] ?? {}).sort(byKey), 'refs among it')
  }
  t.match(await nodes[0]?.presence.get('room:1', 'user3'), { metas: [{ n: 1 }] })
  const [first, second, third] = watchers as [Watcher, Watcher, Watcher]
  for (const { told } of watchers) t.same([...told].sort(), ['+user1', '+user2', '+user3'], 'each once')

  const closing = nodes[2]?.app.close()
  await until(() => first.names === 'user1,user2' && second.names === 'user1,user2')
  await closing
  t.equal(third.told.includes('-user1'), false)

  nodes[1]?.cut()
  await until(() => first.names === 'user1')
  t.equal(second.names, 'user1,user2', 'who is cut off hears nothing, not even itself, and gives no verdict')
})

t.test('a tracker joins the others when it is first used, and is told whose changes are whose', async (t) => {
  const engine = new MemoryEngine()
  const told: string[] = []
  const first = await startNode(t, engine)
  await first.enter('ann')
  const onDiff: PresenceOptions['onDiff'] = (_topic, { joins, leaves }, { local }) => {
    told.push(`${local ? 'own' : 'other'} +${Object.keys(joins)} -${Object.keys(leaves)}`)
  }
  const second = await startNode(t, engine, { onDiff }, 'lazily')
  t.same(await second.presence.list('room:1'), {})
  const bob = await second.enter('bob')
  await until(() => bob.names === 'ann,bob')
  await first.app.close()
  await until(() => bob.names === 'bob')
  t.same(told.sort(), ['other + -ann', 'other +ann -', 'own +bob -'])
  t.same(bob.told, ['+bob', '+ann', '-ann'])
})

t.test('what fetch adds is added on every node', async (t) => {
  const engine = new MemoryEngine()
  const fetchAs = (node: string): PresenceOptions => ({
    fetch: async (_topic, entries) => {
      for (const entry of Object.values(entries)) entry.shownBy = node
      return entries
    }
  })
  const one = await startNode(t, engine, fetchAs('one'))
  const other = await startNode(t, engine, fetchAs('other'))
  await one.enter('ann')
  await until(async () => 'ann' in (await other.presence.list('room:1')))
  t.match(await one.presence.get('room:1', 'ann'), { shownBy: 'one' })
  t.match(await other.presence.get('room:1', 'ann'), { shownBy: 'other' })
})

t.test('a server that takes the place of another one may have its presence', async (t) => {
  const presence = new Presence({ name: 'rooms' })
  const start = async () => {
    const app = Fastify()
    const room = defineChannel({ join: () => ({ status: 'ok' }) })
    await app.register(phoenix, {
      connect: () => ({}),
      channels: { 'room:*': room },
      webrtc: false,
      presence
    })
    await app.ready()
    return app
  }
  const app = await start()
  await t.rejects(start(), { code: 'PHX_ERR_OPTION_INVALID' }, 'not at the same time')
  await app.close()
  await (await start()).close()
})

t.test('wrong presences are refused with a code', async (t) => {
  const room = defineChannel({ join: () => ({ status: 'ok' }) })
  const register = async (presence: unknown): Promise<void> => {
    const app = Fastify()
    const channels = { 'room:*': room }
    await app.register(phoenix, {
      connect: () => ({}),
      channels,
      webrtc: false,
      presence: presence as Presence
    })
    await app.close()
  }
  const rooms = () => new Presence({ name: 'rooms' })
  await t.rejects(register(new Presence()), { code: 'PHX_ERR_OPTION_INVALID', message: /presence/ })
  await t.rejects(register({}), { code: 'PHX_ERR_OPTION_INVALID' })
  await t.rejects(register([rooms(), null]), { code: 'PHX_ERR_OPTION_INVALID' })
  await t.rejects(register([rooms(), rooms()]), { code: 'PHX_ERR_OPTION_INVALID', message: /rooms/ })
  const one = rooms()
  await t.resolves(register([one, one, new Presence({ name: 'lobbies' })]))
  for (const name of ['phx:sockets', '', 5, 'x'.repeat(101)]) {
    t.throws(() => new Presence({ name: name as string }), { code: 'PHX_ERR_OPTION_INVALID' })
  }
})
