import t from 'tap'
import { addresses, noNetwork, startNetwork } from '../fixtures/network.js'
import { base, startPrograms } from './programs/start.js'

const options = { skip: noNetwork() }

t.test('a client behind a router reaches its peer, over IPv4 and IPv6', options, async (t) => {
  const { client } = await startPrograms(t, await startNetwork(t))
  await client.request('join', base, 'alice')
  await client.request('open', 'alice')
  t.match(await client.request('call', 'alice', 1), { data: 1 })
  const { offered } = await client.request('path', 'alice')
  t.ok(offered.some((candidate) => candidate.includes(` ${addresses.server} `)))
  t.ok(offered.some((candidate) => candidate.includes(` ${addresses.server6} `)))

  await client.request('join', `http://[${addresses.server6}]:4000/socket`, 'bob', {
    iceServers: [],
    bindAddress: addresses.client6
  })
  await client.request('open', 'bob')
  t.match(await client.request('call', 'bob', 2), { data: 2 })
  t.match(await client.request('path', 'bob'), { remote: new RegExp(`^${addresses.server6} `) })
})

t.test('a server behind a 1:1 NAT is reached at its public address, on one UDP port', options, async (t) => {
  const network = await startNetwork(t)
  network.router.filter(`
    table ip nat {
      chain prerouting {
        type nat hook prerouting priority dstnat
        iifname outside ip daddr ${addresses.router} udp dport 5000 dnat to ${addresses.server}
        iifname outside ip daddr ${addresses.router} tcp dport 4000 dnat to ${addresses.server}
      }
      chain postrouting {
        type nat hook postrouting priority srcnat
        oifname outside masquerade
      }
    }
    table inet filter {
      chain forward {
        type filter hook forward priority filter
        ct status dnat accept
        iifname outside ct state new drop
      }
    }`)
  const { server, client } = await startPrograms(t, network, { udpPort: 5000, publicIp: addresses.router })
  const users = Array.from({ length: 20 }, (_, index) => `user${index}`)
  for (const user of users) {
    await client.request('join', `http://${addresses.router}:4000/socket`, user)
  }
  await Promise.all(users.map((user) => client.request('open', user)))
  await Promise.all(
    users.map(async (user) => {
      t.match(await client.request('call', user, user), { data: user })
      const { offered, remote } = await client.request('path', user)
      t.match(remote, new RegExp(`^${addresses.router} `))
      t.same(
        offered.map((candidate) => candidate.split(' ').slice(4).join(' ')),
        [`${addresses.router} 5000 typ host`]
      )
    })
  )
  t.equal(await server.request('udpSockets'), 1, 'one UDP socket for all of them')
})

t.test('a client that roams to another address goes on with a new offer', options, async (t) => {
  const network = await startNetwork(t)
  const { client } = await startPrograms(t, network)
  await client.request('join', base, 'alice')
  await client.request('open', 'alice')
  t.match(await client.request('call', 'alice', 1), { data: 1 })

  network.client.run(`ip address del ${addresses.client}/24 dev eth`)
  network.client.run('ip address add 10.77.2.3/24 dev eth')
  network.client.run(`ip route add default via ${addresses.router}`)
  const inFlight = client.request('call', 'alice', 2)
  await client.request('reconnect', 'alice')
  t.match(await client.request('callHook', 'alice', 3), { status: 'ok', response: { data: 3 } })
  await client.request('open', 'alice')
  t.match(await client.request('call', 'alice', 4), { data: 4 })
  const settled = await inFlight
  t.ok(settled === 'closed' || (settled as { data: unknown }).data === 2, 'the call in flight is settled')
})
