import t from 'tap'
import { likelyCause } from '../../lib/webrtc/likely-cause.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { FakePeerFactory } from '../fixtures/fake-peer.js'
import { hear, messagesOf } from '../fixtures/heard.js'
import { join, offer } from '../fixtures/peer-session.js'
import { until } from '../fixtures/until.js'
import { UserClient } from '../fixtures/user-client.js'
import { startUserServer } from '../fixtures/user-server.js'

type Line = Readonly<Record<string, unknown>>

/** A join with a peer that is tried, and what the log says of it. */
async function tried() {
  const lines: { kind: string; details: Line }[] = []
  const clock = new FakeClock()
  const factory = new FakePeerFactory()
  const socket = { id: 'alice', transport: 'websocket', path: '/socket', node: 'a' } as const
  const refused = (kind: string, _topic: string, details: Line = {}) => void lines.push({ kind, details })
  const owner = { userId: 'alice', topic: 'user:alice', socket: { ...socket, refused } }
  const { session } = join({ factory, clock, owner })
  await offer(session)
  const peer = factory.last
  peer.events.onAnswer('answer')
  peer.events.onCandidate('candidate:1 1 UDP 1 10.0.0.1 4000 typ host', '0')
  const give = (candidate: string) => session.candidate({ candidate, sdpMid: '0', sdpMLineIndex: 0 })
  give('candidate:1 1 UDP 1 203.0.113.7 5000 typ srflx raddr 0.0.0.0 rport 0')
  give('candidate:1 1 UDP 1 1f4712db.local 5001 typ host')
  return { session, clock, peer, lines }
}

const statesOf = (heard: ReturnType<typeof hear>) => messagesOf(heard, 'peer_state').map(({ state }) => state)

t.test('a peer that fails is told with what was tried, and the log says why', async (t) => {
  const heard = hear(t, 'peer_state', 'peer_failed')
  const { clock, peer, lines } = await tried()
  clock.advance(3000)
  peer.events.onState('failed')
  t.same(statesOf(heard), ['connecting', 'failed', 'closed'])
  const [failed, ...more] = messagesOf(heard, 'peer_failed')
  t.same(more, [])
  t.match(failed, {
    userId: 'alice',
    why: 'failed',
    ageMs: 3000,
    local: ['candidate:1 1 UDP 1 10.0.0.1 4000 typ host'],
    remote: ['candidate:1 1 UDP 1 203.0.113.7 5000 typ srflx'],
    ignored: [{ candidate: /1f4712db\.local/, why: 'an mDNS name' }],
    cause: /webrtc\.publicIp/,
    socket: { node: 'a' }
  })
  t.equal(failed.peer, messagesOf(heard, 'peer_state')[0]?.peer)
  t.match(lines, [
    {
      kind: 'peer',
      details: {
        userId: 'alice',
        why: 'failed',
        cause: /webrtc\.publicIp/,
        local: 'host 10.0.0.1:4000',
        remote: 'srflx 203.0.113.7:5000',
        ignored: 'an mDNS name'
      }
    }
  ])
})

t.test(
  'a client that gives up after a while has failed to open, one that goes at once has not',
  async (t) => {
    const heard = hear(t, 'peer_failed')
    const early = await tried()
    early.clock.advance(1000)
    early.session.closePeer()
    t.same([heard.length, early.lines.length], [0, 0])
    const late = await tried()
    late.clock.advance(15_000)
    late.session.closePeer()
    t.match(messagesOf(heard, 'peer_failed'), [{ why: 'timeout', ageMs: 15_000 }])
    t.match(late.lines, [{ kind: 'peer', details: { why: 'timeout' } }])
  }
)

t.test('a client that is lost is told of, and is no line of the log', async (t) => {
  const heard = hear(t, 'peer_state', 'peer_failed')
  const { peer, lines } = await tried()
  peer.events.onState('connected')
  peer.events.onState('disconnected')
  t.same(statesOf(heard), ['connecting', 'connected', 'disconnected', 'closed'])
  t.match(messagesOf(heard, 'peer_failed'), [{ why: 'disconnected', cause: undefined }])
  t.same(lines, [])
})

t.test('the log has the line where nobody listens', async (t) => {
  const { peer, lines } = await tried()
  peer.events.onState('failed')
  t.match(lines, [{ kind: 'peer' }])
})

t.test('the states of a real peer, and limits of peers', async (t) => {
  const heard = hear(t, 'peer_state', 'peer_failed', 'rate_limited', 'refused')
  const { base } = await startUserServer(
    t,
    {},
    {
      limits: {
        offers: { count: 1, windowMs: 60_000 },
        dataChannelMessages: { count: 1, windowMs: 60_000 },
        iceCandidates: { count: 100, windowMs: 60_000 }
      }
    }
  )
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  await alice.join()
  const [events] = await alice.openPeer()
  await until(() => statesOf(heard).includes('connected'))
  t.match(await alice.push('webrtc:offer', {}), { response: { error: 'rate_limited' } })
  for (let i = 0; i < 2; i++) events?.native.sendMessage('{}')
  await until(() => statesOf(heard).at(-1) === 'closed')
  t.same(statesOf(heard), ['connecting', 'connected', 'closed'])
  t.match(heard[0]?.message, { userId: 'alice', socket: { id: 'user_socket:alice' }, ageMs: Number })
  t.equal(new Set(messagesOf(heard, 'peer_state').map(({ peer }) => peer)).size, 1)
  t.same(messagesOf(heard, 'peer_failed'), [])
  t.same(
    messagesOf(heard, 'rate_limited').map(({ limit }) => limit),
    ['offers', 'dataChannelMessages']
  )
  t.same(
    messagesOf(heard, 'refused').map(({ kind, details }) => [kind, details.limit]),
    [
      ['peerRate', 'offers'],
      ['peerRate', 'dataChannelMessages']
    ]
  )
})

const host = (address: string, type = 'host'): string => `candidate:1 1 UDP 1 ${address} 4000 typ ${type}`

for (const [what, local, remote, cause] of [
  ['no address', [], [], /no address.*bindAddress.*publicIp/],
  ['loopback alone', [host('127.0.0.1')], [host('192.168.1.5')], /loopback alone.*bindAddress/],
  [
    'private addresses for a client elsewhere',
    [host('10.0.0.1')],
    [host('203.0.113.7', 'srflx')],
    /publicIp/
  ],
  ['a firewall', [host('198.51.100.1')], [host('203.0.113.7', 'srflx')], /udpPort or webrtc.portRange.*TURN/],
  ['a relay that does not help', [host('198.51.100.1'), host('198.51.100.2', 'relay')], [], /does not help/],
  ['both on one machine', [host('127.0.0.1')], [host('127.0.0.1')], /no UDP/]
] as const) {
  t.test(`a likely cause: ${what}`, async (t) => {
    t.match(likelyCause(local, remote, []), cause)
  })
}
