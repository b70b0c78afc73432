import t from 'tap'
import { toNativeIceServers } from '../../lib/webrtc/ice-servers.js'
import type { IceServer } from '../../lib/webrtc/peer-factory.js'

const convert = (servers: unknown) => toNativeIceServers(servers as IceServer[], 'iceServers')

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
