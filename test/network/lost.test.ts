import t from 'tap'
import { blockUdp, filterForwarded, noNetwork, startNetwork } from '../fixtures/network.js'
import { base, startPrograms } from './programs/start.js'

t.test(
  'a peer that the network takes away is told of, and its calls are aborted',
  { skip: noNetwork() },
  async (t) => {
    const network = await startNetwork(t)
    const { server, client } = await startPrograms(t, network)
    await client.request('join', base, 'alice')
    await client.request('open', 'alice')
    t.match(await client.request('call', 'alice', 1), { data: 1 })
    const settled = client.request('wait', 'alice')
    await server.request('running')
    filterForwarded(network.router, blockUdp)
    t.match(await client.request('callHook', 'alice', 2), { status: 'ok', response: { data: 2 } })
    await client.request('until', 'alice', 'closed')
    const [first, second, lost, last] = await client.request('states', 'alice')
    t.same([first, second, last], ['connecting', 'connected', 'closed'])
    t.ok(lost === 'disconnected' || lost === 'failed', 'as the library finds out')
    t.equal(await server.request('aborted'), 'PHX_ERR_HOOKS_CALLER_GONE')
    t.equal(await settled, 'closed')
    t.match(await client.request('callHook', 'alice', 3), { status: 'ok', response: { data: 3 } })
    while ((await server.request('udpSockets')) > 0);

    filterForwarded(network.router, 'accept')
    await client.request('open', 'alice')
    t.match(await client.request('call', 'alice', 4), { data: 4 })
  }
)
