import type { TracingChannel } from 'node:diagnostics_channel'
import t from 'tap'
import { diagnostics } from '../../lib/diagnostics/diagnostics.js'
import { Presence, userChannel } from '../../plugins/phoenix.js'
import { startNodes } from '../fixtures/nodes.js'
import { connectRaw, refusal } from '../fixtures/raw-client.js'
import { presentRoom } from '../fixtures/rooms.js'
import { calls } from '../fixtures/user-server.js'

t.test('nothing is told, nor run as told, while nobody listens', async (t) => {
  const used: string[] = []
  const watch = (channel: object, name: string): void => {
    for (const method of ['publish', 'runStores']) {
      Object.defineProperty(channel, method, { configurable: true, value: () => used.push(name) })
      t.teardown(() => Reflect.deleteProperty(channel, method))
    }
  }
  for (const [name, channel] of Object.entries(diagnostics)) {
    if ('publish' in channel) watch(channel, name)
    else
      for (const phase of ['start', 'end', 'error'] as const) watch((channel as TracingChannel)[phase], name)
  }
  const channels = {
    'room:*': presentRoom(new Presence({ name: 'room' })),
    'user:*': userChannel({ hooks: [calls] })
  }
  const { nodes } = await startNodes(t, 2, { channels, maxChannels: 2 })
  const clients = await Promise.all(nodes.map(({ url }) => connectRaw(t, url, 'user_id=alice')))
  const replied = async (client: (typeof clients)[number], ref: string): Promise<void> => {
    let frame: unknown[]
    do frame = (await client.next()) as unknown[]
    while (frame[1] !== ref)
  }
  for (const client of clients) {
    for (const topic of ['room:a', 'user:alice', 'none']) {
      client.send('1', topic, topic, 'phx_join', {})
      await replied(client, topic)
    }
    client.send('1', 'said', 'room:a', 'say', { text: 'hello' })
    await replied(client, 'said')
    client.send('1', 'called', 'user:alice', 'call_hook', { plugin: 'calls', fn: 'echo' })
    await replied(client, 'called')
    client.send('1', 'left', 'room:a', 'phx_leave', {})
    await replied(client, 'left')
  }
  await refusal(nodes[0]?.url ?? '', 'user_id=nobody')
  await Promise.all(nodes.map(({ app }) => app.close()))
  t.same(used, [])
})
