import t from 'tap'
import { MemoryEngine } from '../../lib/cluster/memory.js'
import { nextEvent, openHookClient, travelsOn } from '../fixtures/hook-client.js'
import { until } from '../fixtures/until.js'
import { startUserServer } from '../fixtures/user-server.js'

const dataChannels = { state: {} }

t.test('data from another node goes over the DataChannels of the user, as text and as bytes', async (t) => {
  const engine = new MemoryEngine()
  const near = await startUserServer(t, {}, { cluster: engine.adapter() })
  const far = await startUserServer(t, {}, { cluster: engine.adapter() })
  await until(() => near.app.phoenix.nodes().length === 2)
  const { client } = openHookClient(t, far.base, { dataChannels })
  await travelsOn(client, 'datachannel')
  const { phoenix } = near.app
  const bytes = Buffer.from([1, 2, 255])
  const sent = async (send: () => unknown, expected: [label: string, data: unknown]) => {
    const received = nextEvent(client, 'data')
    send()
    t.same(await received, expected)
  }
  await sent(() => phoenix.sendDataToUser('alice', 'state', 'text'), ['state', 'text'])
  await sent(() => {
    phoenix.sendDataToUser('alice', 'state', bytes)
    // The bytes may be used again as soon as it has returned.
    bytes.fill(0)
  }, ['state', new Uint8Array([1, 2, 255])])
  await sent(() => phoenix.sendDataToUsers(['bob', 'alice'], 'state', 'to both'), ['state', 'to both'])
  await sent(
    () => phoenix.broadcastData('user:alice', 'state', 'newest', { dropStale: 'world', fallback: 'none' }),
    ['state', 'newest']
  )
  const { messagesOut, fallbacks } = far.app.phoenix.stats.peers
  t.same([messagesOut, fallbacks], [4, 0], 'over the DataChannel, and not the channel')
  client.close()
})
