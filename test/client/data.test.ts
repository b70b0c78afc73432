import t from 'tap'
import { createHookClient } from '../../lib/client/client.js'
import { nextEvent, openHookClient, travelsOn } from '../fixtures/hook-client.js'
import { startUserServer } from '../fixtures/user-server.js'

const dataChannels = { state: { ordered: false, maxRetransmits: 0 } }

t.test('data of the server is one event, whichever way it comes', async (t) => {
  const { app, base } = await startUserServer(t)
  for (const transport of ['datachannel', 'channel'] as const) {
    const createPeer = transport === 'channel' ? { createPeer: false as const } : {}
    const { client } = openHookClient(t, base, { dataChannels: { state: {} }, ...createPeer })
    await travelsOn(client, transport)
    const sent = async (label: string, data: string | Uint8Array) => {
      const received = nextEvent(client, 'data')
      app.phoenix.sendDataToUser('alice', label, data)
      t.same(await received, [label, data], `${label} over ${transport}`)
    }
    await sent('state', 'text')
    await sent('state', new Uint8Array([1, 2, 255]))
    await sent('elsewhere', 'text')
    await sent('elsewhere', new Uint8Array([0, 128]))
    await sent('events', 'no answer to any call')
    client.close()
  }
})

t.test('data goes on the DataChannel of its label, and text over the channel without one', async (t) => {
  const received: [label: string, data: unknown][] = []
  const { base } = await startUserServer(t, {
    onData(label, data, channel) {
      received.push([label, typeof data === 'string' ? data : [...data]])
      channel.push('got', {})
    }
  })
  const { client, channel } = openHookClient(t, base, { dataChannels })
  const arrives = async (label: string, data: string | Uint8Array) => {
    const got = new Promise<void>((resolve) => {
      const ref = channel.on('got', () => {
        channel.off('got', ref)
        resolve()
      })
    })
    t.equal(client.send(label, data), true)
    await got
  }
  t.equal(client.send('state', 'too early'), false)
  await travelsOn(client, 'channel')
  t.equal(client.send('state', new Uint8Array([1])), false, 'bytes need a DataChannel')
  await arrives('state', 'around')
  await travelsOn(client, 'datachannel')
  await arrives('state', 'text')
  while (!client.send('state', new Uint8Array([1, 2]))) await new Promise(setImmediate)
  await arrives('elsewhere', 'around')
  t.equal(client.send('state', 'x'.repeat(65_537)), false, 'larger than the server takes')
  t.throws(() => client.send('events', 'x'), TypeError)
  t.strictSame(
    received.filter(([, data]) => typeof data === 'string'),
    [
      ['state', 'around'],
      ['state', 'text'],
      ['elsewhere', 'around']
    ]
  )
})

t.test('a listener that was taken away hears nothing', async (t) => {
  const { app, base } = await startUserServer(t)
  const { client } = openHookClient(t, base)
  await travelsOn(client, 'channel')
  const heard: string[] = []
  const off = client.on('data', () => heard.push('first'))
  client.on('data', () => heard.push('second'))
  off()
  off()
  const last = nextEvent(client, 'data')
  app.phoenix.sendDataToUser('alice', 'news', 'x')
  await last
  t.same(heard, ['second'])
})

t.test('a negotiated DataChannel, of which the server would not hear, is refused', async (t) => {
  const channel = { state: 'closed', on: () => 1, off() {}, push: () => ({ receive() {} }) }
  const withState = (init: object) => createHookClient(channel, { dataChannels: { state: init } })
  t.throws(() => withState({ negotiated: true, id: 5 }), {
    name: 'TypeError',
    message: 'state: negotiated is not supported'
  })
  withState({ negotiated: false }).close()
})
