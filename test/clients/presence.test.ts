import type { Channel } from 'phoenix'
import t, { type Test } from 'tap'
import { defineChannel, Presence, type PresenceDiff, type PresenceState } from '../../plugins/phoenix.js'
import { answer, connectPhoenix } from '../fixtures/phoenix-client.js'
import { type PhoenixVersion, phoenixVersions } from '../fixtures/phoenix-versions.js'
import { startServer } from '../fixtures/server.js'

/** A room that tracks who asks for it. */
function roster() {
  const tracker = new Presence()
  return defineChannel<{ userId: string }>({
    join(_params, channel) {
      channel.defer(async () => channel.push('presence_state', await tracker.list(channel.topic)))
      return { status: 'ok' }
    },
    handleIn: {
      enter(meta, channel) {
        tracker.track(channel, channel.assigns.userId, meta as object)
        return { status: 'ok' }
      },
      change(meta, channel) {
        tracker.update(channel, channel.assigns.userId, meta as object)
        return { status: 'ok' }
      }
    }
  })
}

/** Who is there and in what moods, as one client sees it with the means of its version. */
class Watcher {
  readonly channel: Channel
  readonly #list: () => [key: string, moods: string[]][]
  #look = (): void => {}

  constructor({ client, hasPresenceClass }: PhoenixVersion, channel: Channel) {
    this.channel = channel
    const describe = (key: string, { metas }: PresenceState[string]): [string, string[]] => [
      key,
      metas.map(({ mood }) => String(mood)).sort()
    ]
    if (hasPresenceClass) {
      const presence = new client.Presence(channel)
      presence.onSync(() => this.#look())
      this.#list = () => presence.list(describe)
      return
    }
    let state: object = {}
    channel.on('presence_state', (all: PresenceState) => {
      state = client.Presence.syncState(state, all) ?? state
      this.#look()
    })
    channel.on('presence_diff', (diff: PresenceDiff) => {
      state = client.Presence.syncDiff(state, diff) ?? state
      this.#look()
    })
    this.#list = () => client.Presence.list(state, describe)
  }

  /** Resolves when this is what it sees. */
  sees(expected: Record<string, string[]>): Promise<void> {
    const wanted = JSON.stringify(Object.entries(expected).sort())
    return new Promise((resolve) => {
      this.#look = () => {
        if (JSON.stringify(this.#list().sort()) === wanted) resolve()
      }
      this.#look()
    })
  }
}

async function watch(
  t: Test,
  url: string,
  version: PhoenixVersion,
  userId: string,
  transport: 'websocket' | 'longpoll'
): Promise<Watcher> {
  const { client } = version
  const socket = connectPhoenix(t, url, { client, params: { user_id: userId }, transport })
  const watcher = new Watcher(version, socket.channel('room:a'))
  await answer(watcher.channel.join())
  return watcher
}

for (const version of phoenixVersions) {
  for (const transport of version.onNode) {
    t.test(`Presence of ${version.name} over ${transport} follows who comes, changes and goes`, async (t) => {
      const { app, url } = await startServer(t, { channels: { 'room:*': roster() } })
      const alice = await watch(t, url, version, 'alice', transport)
      const [bob, bobToo] = [
        await watch(t, url, version, 'bob', transport),
        await watch(t, url, version, 'bob', transport)
      ]
      const all = [alice, bob, bobToo]
      const allSee = (expected: Record<string, string[]>) =>
        Promise.all(all.map((watcher) => watcher.sees(expected)))

      await answer(alice.channel.push('enter', { mood: 'calm' }))
      await allSee({ alice: ['calm'] })
      await answer(bob.channel.push('enter', { mood: 'glad' }))
      await answer(bobToo.channel.push('enter', { mood: 'glum' }))
      await allSee({ alice: ['calm'], bob: ['glad', 'glum'] })

      const late = await watch(t, url, version, 'carol', transport)
      await late.sees({ alice: ['calm'], bob: ['glad', 'glum'] })

      await answer(bob.channel.push('change', { mood: 'sad' }))
      await allSee({ alice: ['calm'], bob: ['glum', 'sad'] })
      bob.channel.leave()
      await alice.sees({ alice: ['calm'], bob: ['glum'] })
      app.phoenix.disconnect('user_socket:bob')
      await alice.sees({ alice: ['calm'] })
      t.pass('seen by all')
    })
  }
}
