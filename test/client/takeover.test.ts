import t from 'tap'
import { createHookClient } from '../../lib/client/client.js'
import { eager, nextEvent, openHookClient, refused, travelsOn } from '../fixtures/hook-client.js'
import { startUserServer } from '../fixtures/user-server.js'

t.test('a second client takes the channel over, and the first is told and ends', async (t) => {
  const { base, app } = await startUserServer(t)
  const { client: first, channel } = openHookClient(t, base)
  await travelsOn(first, 'datachannel')
  const states: string[] = []
  const failures: string[] = []
  first.on('state', (state) => states.push(state))
  first.on('failure', (reason) => failures.push(reason))
  const inFlight = refused(first.call('calls', 'hangs'))

  const second = createHookClient(channel, eager)
  t.teardown(() => second.close())
  t.equal(await inFlight, 'client_replaced')
  t.equal(await refused(first.call('calls', 'whoami')), 'client_replaced')
  await travelsOn(second, 'datachannel')
  t.same([states, failures], [['closed'], ['client_replaced']])
  t.match(await second.call('calls', 'whoami'), { transport: 'datachannel' })
  t.equal(app.phoenix.peersOf('alice').length, 1)

  first.close()
  t.equal(second.state, 'open', 'what ended before ends nothing')
})

t.test(
  'clients that follow each other, as when a component is mounted twice, leave one peer that lasts',
  async (t) => {
    const { base, app } = await startUserServer(t)
    const { channel, client } = openHookClient(t, base)
    let last = client
    for (let i = 0; i < 5; i++) last = createHookClient(channel, eager)
    t.teardown(() => last.close())
    const failures: string[] = []
    last.on('failure', (reason) => failures.push(reason))
    await travelsOn(last, 'datachannel')
    t.match(await last.call('calls', 'whoami'), { transport: 'datachannel' })
    t.same(failures, [])
    t.equal(app.phoenix.peersOf('alice').length, 1)
    t.equal(client.state, 'closed')
  }
)

t.test('a channel whose client was closed takes another one, and so does one behind a Proxy', async (t) => {
  const { base } = await startUserServer(t)
  const { channel, client } = openHookClient(t, base)
  client.close()
  const failures: string[] = []
  client.on('failure', (reason) => failures.push(reason))
  const second = createHookClient(new Proxy(channel, {}), eager)
  const replaced = nextEvent(second, 'failure')
  const third = createHookClient(channel, eager)
  t.teardown(() => third.close())
  t.same(await replaced, ['client_replaced'])
  t.same(failures, [], 'the one that had ended is not told')
  await travelsOn(third, 'datachannel')
})
