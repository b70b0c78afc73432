import t, { type Test } from 'tap'
import { secret, startCoturn } from '../fixtures/coturn.js'
import {
  addresses,
  blockUdp,
  filterForwarded,
  type Network,
  noNetwork,
  startHost,
  startNetwork
} from '../fixtures/network.js'
import { base, startPrograms } from './programs/start.js'

const relay = '10.77.3.2'
const iceServers = [{ urls: `turn:${relay}:3478?transport=udp`, secret, ttl: 3600 }]
const options = { skip: noNetwork('turnserver') }

/** A server and a client that reach each other over TCP alone, and a relay that both can reach. */
async function startRelayedNetwork(t: Test): Promise<Network> {
  const network = await startNetwork(t)
  const turn = await startHost(t)
  network.router.connect('relay', ['10.77.3.1/24'], turn, 'eth', [`${relay}/24`])
  turn.run('ip route add default via 10.77.3.1')
  filterForwarded(
    network.router,
    `iifname outside oifname inside ${blockUdp}`,
    `iifname inside oifname outside ${blockUdp}`
  )
  await startCoturn(t, turn, relay)
  return network
}

t.test('a server that has everything but a relay blocked is reached through it', options, async (t) => {
  const network = await startRelayedNetwork(t)
  const { client } = await startPrograms(t, network, { iceServers, iceTransportPolicy: 'relay' })
  await client.request('join', base, 'alice')
  const { response } = await client.request('config', 'alice')
  t.match(response, { ice_servers: [{ username: /^\d+:alice$/, credential: /^.{27}=$/ }], ttl: 3600 })
  t.notMatch(JSON.stringify(response), new RegExp(secret))
  await client.request('relayOnly', 'alice')
  await client.request('open', 'alice')
  t.match(await client.request('call', 'alice', 'relayed'), { data: 'relayed' })
  const { sdp, offered, remote } = await client.request('path', 'alice')
  t.equal(remote, `${relay} relay`)
  t.ok(offered.length > 0 && offered.every((candidate) => candidate.includes(` ${relay} `)), `${offered}`)
  t.notMatch(`${sdp} ${offered}`, addresses.server, 'which is told nowhere')
})

t.test('clients that relay reach a server with one UDP port', options, async (t) => {
  const network = await startRelayedNetwork(t)
  const { server, client } = await startPrograms(t, network, { iceServers, udpPort: 5000 })
  await client.request('join', base, 'alice')
  await client.request('relayOnly', 'alice')
  await client.request('open', 'alice')
  t.match(await client.request('call', 'alice', 1), { data: 1 })
  const { local, remote } = await client.request('path', 'alice')
  t.equal(local, `${relay} relay`)
  t.equal(remote, `${addresses.server} host`)
  t.equal(await server.request('udpSockets'), 1)
})
