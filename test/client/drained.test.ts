import t from 'tap'
import { defineHooks } from '../../plugins/phoenix.js'
import { openHookClient, travelsOn } from '../fixtures/hook-client.js'
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
