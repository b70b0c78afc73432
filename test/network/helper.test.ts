import t from 'tap'
import { blockUdp, filterForwarded, noNetwork, startNetwork } from '../fixtures/network.js'
import { base, startPrograms } from './programs/start.js'

t.test(
  'with UDP blocked, and when it is let through, an application notices nothing',
  { skip: noNetwork() },
  async (t) => {
    const network = await startNetwork(t)
    filterForwarded(network.router, blockUdp)
    const { client } = await startPrograms(t, network)
    const call = (value: number) => client.request('callWithHelper', base, 'alice', value)
    const overChannel = (data: number) => ({ data, transport: 'channel' })
    t.same(await call(1), overChannel(1))
    const failed = client.request('helperFailure', 'alice')
    t.same(await call(2), overChannel(2))
    t.type(await failed, 'string')
    t.same(await call(3), overChannel(3))

    filterForwarded(network.router, 'accept')
    await client.request('helperTravelsOn', 'alice', 'datachannel')
    t.same(await call(4), { data: 4, transport: 'datachannel' })
  }
)
