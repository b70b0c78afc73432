import t from 'tap'
import { blockUdp, filterForwarded, noNetwork, startNetwork } from '../fixtures/network.js'
import { base, startPrograms } from './programs/start.js'

t.test('where UDP is blocked hook calls go on over the WebSocket', { skip: noNetwork() }, async (t) => {
  const network = await startNetwork(t)
  filterForwarded(network.router, blockUdp)
  const { server, client } = await startPrograms(t, network)
  await client.request('join', base, 'alice')
  const failed = client.request('offerUntil', 'alice', 'failed')
  const answered = {
    data: JSON.stringify({ type: 'hook_reply', plugin: 'calls', fn: 'echo', id: 1, data: 2 })
  }
  const data = JSON.stringify({ type: 'call_hook', plugin: 'calls', fn: 'echo', id: 1, args: [2] })
  const callBoth = async (): Promise<void> => {
    t.match(await client.request('callHook', 'alice', 1), { status: 'ok', response: { data: 1 } })
    t.same(
      JSON.parse(((await client.request('send', 'alice', data)) as typeof answered).data),
      JSON.parse(answered.data)
    )
  }
  await callBoth()
  await failed
  await callBoth()
  t.same(await client.request('states', 'alice'), ['connecting', 'failed', 'closed'])
  while ((await server.request('udpSockets')) > 0);
  t.pass('the peer has left no UDP socket behind')
})
