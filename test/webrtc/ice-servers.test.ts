import t from 'tap'
import { type IceServerOption, IceServers } from '../../lib/webrtc/ice-servers.js'
import { turnCredentials } from '../../lib/webrtc/turn-credentials.js'

const convert = (servers: unknown) => new IceServers(servers as IceServerOption[], 'iceServers').forPeer(0)

t.test('STUN and TURN over UDP are used by the server itself', async (t) => {
  t.same(
    convert([
      { urls: 'stun:stun.example.org' },
      { urls: ['stun:192.0.2.1:19302', 'stun:[2001:db8::1]:3479'] },
      { urls: 'turn:turn.example.org:3480?transport=udp', username: 'u', credential: 'p:@' }
    ]),
    [
      { hostname: 'stun.example.org', port: 3478 },
      { hostname: '192.0.2.1', port: 19_302 },
      { hostname: '2001:db8::1', port: 3479 },
      { hostname: 'turn.example.org', port: 3480, username: 'u', password: 'p:@', relayType: 'TurnUdp' }
    ]
  )
})

t.test('what only clients can use is left out', async (t) => {
  const turn = { username: 'u', credential: 'p' }
  t.same(
    convert([
      { urls: 'stuns:a.example' },
      { urls: ['turns:a.example', 'turn:a.example?transport=tcp'], ...turn }
    ]),
    []
  )
})

t.test('what is no ICE server is refused with the name of the option', async (t) => {
  const code = 'PHX_ERR_OPTION_INVALID'
  t.throws(() => convert('stun:a.example'), { code })
  t.throws(() => convert([null]), { code, message: /iceServers\[0\]/ })
  t.throws(() => convert([{}]), { code, message: /iceServers\[0\]\.urls/ })
  t.throws(() => convert([{ urls: [] }]), { code })
  t.throws(() => convert([{ urls: 'http://a.example' }]), { code, message: /http/ })
  t.throws(() => convert([{ urls: 'stun:a.example:70000' }]), { code, message: /70000/ })
  t.throws(() => convert([{ urls: [5] }]), { code })
  t.throws(() => convert([{ urls: 'turn:a.example', username: 'u' }]), { code, message: /credential/ })
})

t.test('a secret stands alone, beside the URLs of TURN servers', async (t) => {
  const code = 'PHX_ERR_OPTION_INVALID'
  const urls = 'turn:a.example'
  t.throws(() => convert([{ urls, secret: '' }]), { code, message: /\[0\]\.secret: is empty/ })
  t.throws(() => convert([{ urls, secret: 5 }]), { code, message: /\[0\]\.secret: must be a string/ })
  t.throws(() => convert([{ urls, secret: 's', username: 'u' }]), {
    code,
    message: /has a secret, from which/
  })
  t.throws(() => convert([{ urls: ['stun:a', urls], secret: 's' }]), {
    code,
    message: /for TURN servers alone/
  })
  t.throws(() => convert([{ urls, username: 'u', credential: 'c', ttl: 60 }]), {
    code,
    message: /needs a secret/
  })
  for (const ttl of [59, 60.5, '3600', Number.NaN, 1e9, null]) {
    t.throws(
      () => convert([{ urls, secret: 's', ttl }]),
      { code, message: /\[0\]\.ttl: must be/ },
      String(ttl)
    )
  }
})

t.test(
  'clients get the servers as they are, and credentials of their own where there is a secret',
  async (t) => {
    const stun = { urls: 'stun:a.example' }
    const fixed = { urls: 'turn:b.example', username: 'u', credential: 'p' }
    t.same(new IceServers([stun, fixed], '').forClient('alice', 0), { ice_servers: [stun, fixed], ttl: null })
    t.same(new IceServers([], '').forClient('alice', 0), { ice_servers: [], ttl: null })

    const urls = ['turn:c.example', 'turns:c.example']
    const servers = new IceServers([stun, { urls, secret: 'hush', ttl: 600 }, { urls, secret: 'hush' }], '')
    const { ice_servers, ttl } = servers.forClient('alice', 1_700_000_000_000)
    t.equal(ttl, 600, 'of those that end first')
    t.same(ice_servers, [
      stun,
      { urls, ...turnCredentials('hush', 'alice', 1_700_000_600_000) },
      { urls, ...turnCredentials('hush', 'alice', 1_700_086_400_000) }
    ])
    t.notMatch(JSON.stringify(ice_servers), /hush/)
  }
)

t.test('the peers of the server get credentials of their own, too', async (t) => {
  const servers = new IceServers(
    [{ urls: ['turns:c.example', 'turn:c.example'], secret: 'hush', ttl: 600 }],
    ''
  )
  const { username, credential } = turnCredentials('hush', 'server', 600_000)
  t.same(servers.forPeer(0), [
    { hostname: 'c.example', port: 3478, username, password: credential, relayType: 'TurnUdp' }
  ])
})

t.test('what is changed in the options afterwards changes nothing', async (t) => {
  const option = { urls: ['stun:a.example'] }
  const servers = new IceServers([option], '')
  option.urls.push('nonsense')
  t.same(servers.forPeer(0), [{ hostname: 'a.example', port: 3478 }])
})
