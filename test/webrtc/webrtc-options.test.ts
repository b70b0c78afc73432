import t from 'tap'
import { readWebRtcOptions, type WebRtcOptions } from '../../lib/webrtc/webrtc-options.js'

const read = (options: object) => readWebRtcOptions(options as WebRtcOptions)
const turn = [{ urls: 'turn:192.0.2.1', username: 'u', credential: 'c' }]

t.test('without options peers bind any port of any address', async (t) => {
  t.match(read({}), {
    relayOnly: false,
    bindAddress: undefined,
    publicIps: [],
    udpPort: undefined,
    portRange: undefined,
    maxMessageSize: 262_144
  })
})

t.test('a public address may be one, or one of each family', async (t) => {
  t.same(read({ publicIp: '203.0.113.7' }).publicIps, ['203.0.113.7'])
  t.same(read({ publicIp: ['203.0.113.7', '2001:db8::7'] }).publicIps, ['203.0.113.7', '2001:db8::7'])
  t.same(read({ publicIp: '203.0.113.7', bindAddress: '::' }).publicIps, ['203.0.113.7'], 'which is both')
})

t.test('wrong options are refused with their names', async (t) => {
  const cases: [object, RegExp][] = [
    [{ publicIP: '203.0.113.7' }, /webrtc\.publicIP: there is no such option/],
    [{ bindAddress: 'localhost' }, /webrtc\.bindAddress/],
    [{ bindAddress: null }, /webrtc\.bindAddress/],
    [{ publicIp: 'example.org' }, /webrtc\.publicIp/],
    [{ publicIp: ['203.0.113.7', '203.0.113.8'] }, /webrtc\.publicIp: .* one of each family/],
    [{ publicIp: [7] }, /webrtc\.publicIp/],
    [{ publicIp: 7 }, /webrtc\.publicIp/],
    [{ udpPort: 0 }, /webrtc\.udpPort/],
    [{ udpPort: '3478' }, /webrtc\.udpPort/],
    [{ udpPort: 65_536 }, /webrtc\.udpPort/],
    [{ portRange: [2, 1] }, /webrtc\.portRange/],
    [{ portRange: [0, 70_000] }, /webrtc\.portRange/],
    [{ portRange: 5000 }, /webrtc\.portRange/],
    [{ iceTransportPolicy: 'none' }, /webrtc\.iceTransportPolicy/],
    [{ maxMessageSize: 0 }, /webrtc\.maxMessageSize/],
    [{ iceServers: [{ urls: 'nothing' }] }, /webrtc\.iceServers\[0\]\.urls/]
  ]
  for (const [options, message] of cases) {
    t.throws(() => read(options), { code: 'PHX_ERR_OPTION_INVALID', message }, JSON.stringify(options))
  }
})

t.test('options that cannot both be had are refused', async (t) => {
  const cases: [object, RegExp][] = [
    [{ udpPort: 5000, portRange: [5000, 5001] }, /webrtc\.portRange: .*udpPort/],
    [{ udpPort: 5000, iceTransportPolicy: 'relay', iceServers: turn }, /webrtc\.udpPort: .*relay/],
    [{ iceTransportPolicy: 'relay' }, /webrtc\.iceTransportPolicy: .*TURN/],
    [{ iceTransportPolicy: 'relay', iceServers: [{ urls: 'stun:192.0.2.1' }] }, /TURN server over UDP/],
    [
      { iceTransportPolicy: 'relay', iceServers: [{ urls: 'turns:192.0.2.1', secret: 's' }] },
      /TURN server over UDP/
    ],
    [{ bindAddress: '10.0.0.1', publicIp: '2001:db8::7' }, /webrtc\.publicIp: .*family/],
    [{ bindAddress: '::1', publicIp: '203.0.113.7' }, /webrtc\.publicIp: .*family/]
  ]
  for (const [options, message] of cases) {
    t.throws(() => read(options), { code: 'PHX_ERR_OPTION_INVALID', message }, JSON.stringify(options))
  }
})

t.test('a relay alone takes a TURN server over UDP, and TURN for clients goes with one port', async (t) => {
  t.equal(read({ iceTransportPolicy: 'relay', iceServers: turn }).relayOnly, true)
  t.equal(read({ udpPort: 5000, iceServers: turn }).udpPort, 5000)
})
