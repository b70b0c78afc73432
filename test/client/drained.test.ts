import t from 'tap'
import type { PeerConnectionFactory, RtcDataChannel } from '../../lib/client/rtc.js'
import { defineHooks } from '../../plugins/phoenix.js'
import { createLoopbackPeer, openHookClient, travelsOn } from '../fixtures/hook-client.js'
import { until } from '../fixtures/until.js'
import { startUserServer } from '../fixtures/user-server.js'

for (const transport of ['channel', 'datachannel'] as const) {
  t.test(
    `a call over the ${transport} that a drained server had taken is answered, and not made again`,
    async (t) => {
      const made: string[] = []
      let finish = (): void => {}
      const steady = defineHooks('steady', {
        async later(_call, value: string) {
          made.push(value)
          await new Promise<void>((resolve) => {
            finish = resolve
          })
          return value
        }
      })
      const { app, base } = await startUserServer(t, { hooks: [steady] })
      const options = transport === 'channel' ? { createPeer: false as const } : {}
      const { client } = openHookClient<typeof steady>(t, base, options)
      await travelsOn(client, transport)
      const call = client.call('steady', 'later', 'one')
      await until(() => made.length === 1)
      const drained = app.phoenix.drain()
      finish()
      t.equal(await call, 'one')
      await drained
      t.same(made, ['one'])
    }
  )
}

t.test(
  'a call that a drained server has not read is made on the next one, though it must not run twice',
  async (t) => {
    const made: string[] = []
    const steady = defineHooks('steady', { now: (_call, value: string) => made.push(value) })
    const first = await startUserServer(t, { hooks: [steady] })
    const { client } = openHookClient<typeof steady>(t, first.base)
    await travelsOn(client, 'datachannel')
    t.equal(await client.call('steady', 'now', 'before'), 1)
    const { port } = new URL(first.base)
    await first.app.phoenix.drain()
    const call = client.call('steady', 'now', 'after')
    await first.app.close()
    await startUserServer(t, { hooks: [steady] }, {}, Number(port))
    t.equal(await call, 2)
    t.same(made, ['before', 'after'])
  }
)

/** Peers to which everything is a second on its way. */
const farAway: PeerConnectionFactory = (configuration) => {
  const peer = createLoopbackPeer(configuration)
  const create = peer.createDataChannel.bind(peer)
  peer.createDataChannel = (label, init) => {
    const channel = create(label, init) as RtcDataChannel
    return new Proxy(channel, {
      get(target, name) {
        const value = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
      set(target, name, value) {
        const isLate = name === 'onmessage' && typeof value === 'function'
        const late = (event: unknown): void => void setTimeout(() => value(event), 1_000)
        return Reflect.set(target, name, isLate ? late : value, target)
      }
    })
  }
  return peer
}

t.test('a drained server waits until its last answer on a DataChannel has arrived', async (t) => {
  const made: string[] = []
  const steady = defineHooks('steady', { now: (_call, value: string) => made.push(value) })
  const { app, base } = await startUserServer(t, { hooks: [steady] })
  const { client } = openHookClient<typeof steady>(t, base, { createPeer: farAway })
  await travelsOn(client, 'datachannel')
  const call = client.call('steady', 'now', 'far')
  await until(() => made.length === 1)
  await app.phoenix.drain()
  t.equal(await call, 1)
})
